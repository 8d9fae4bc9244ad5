"""Golden values of Exp, Log and Sub: NumPy in float64 on float32 inputs, gradients by torch.autograd in float64.

    /usr/bin/python3 make.py

Written with NumPy 1.24 and torch 1.13. Infinities and NaN are the words Infinity, -Infinity and NaN.
"""
import json
import os

import numpy as np
import torch

random = np.random.default_rng(5)


def f32(values):
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def function(numpy, torch_function, x):
    with np.errstate(all="ignore"):
        y = numpy(x)
    t = torch.tensor(x, requires_grad=True)
    torch_function(t).sum().backward()
    return {"x": x.tolist(), "y": y.tolist(), "dx": t.grad.tolist()}


def difference(a_shape, b_shape):
    a, b = f32(random.normal(size=a_shape)), f32(random.normal(size=b_shape))
    upstream = f32(random.normal(size=np.broadcast_shapes(a_shape, b_shape)))
    ta, tb = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    ((ta - tb) * torch.tensor(upstream)).sum().backward()
    flat = lambda x: np.asarray(x).ravel().tolist()
    return {"aShape": a_shape, "bShape": b_shape, "a": flat(a), "b": flat(b), "y": flat(a - b), "upstream": flat(upstream),
            "da": flat(ta.grad), "db": flat(tb.grad)}


special = [0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1.0, -1.0]
golden = {
    "exp": function(np.exp, torch.exp, f32(special + [-87, -80, 88, 88.7, 89, -110, 1e-30] + list(random.normal(size=40) * 10))),
    "log": function(np.log, torch.log, f32(special + [1e-45, 1e-40, 1.1754944e-38, 3.4e38, 0.99999994, 1.0000001, 2] + list(np.exp(random.normal(size=40) * 10)))),
    "sub": [difference(a, b) for a, b in [([3, 5], [3, 5]), ([4, 3], [3]), ([3], [4, 3]), ([], [2, 3]), ([2, 3], []), ([3, 1], [1, 4]), ([2, 1, 3], [4, 1])]],
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "ops.json"), "w") as file:
    file.write(json.dumps(golden).replace("-Infinity", "\"-Infinity\"").replace(" Infinity", " \"Infinity\"").replace("[Infinity", "[\"Infinity\"").replace("NaN", "\"NaN\""))
