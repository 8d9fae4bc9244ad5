"""How well objective.safetensors agrees with its own (float32) inputs, in 80-bit NumPy.

Prints, for each D_CS case, the relative difference of value and gradients. The unit-norm cases agree to 1e-15. The two
"general" cases agree to 1e-8 (values) and 3e-8 to 5e-8 (gradients) only: their inputs were rounded to float32 after the
values had been computed. So those two cannot be met to 1e-8 by any implementation; the tests allow them 1e-7.
"""
import json
import struct
import sys

import numpy as np

with open(sys.argv[1] if len(sys.argv) > 1 else "objective.safetensors", "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    data = file.read()


def tensor(name):
    entry = header[name]
    begin, end = entry["data_offsets"]
    return np.frombuffer(data[begin:end], {"F32": "f4", "F64": "f8"}[entry["dtype"]]).reshape(entry["shape"]).astype(np.longdouble)


def log_mean_kernel(a, b, sigma, skip_diagonal=False):
    difference = a[:, None] - b[None]
    logit = -(difference**2).sum(-1) / (2 * sigma**2)
    if skip_diagonal:
        np.fill_diagonal(logit, -np.inf)
    largest = logit.max()
    kernel = np.exp(logit - largest)
    weight = (kernel / kernel.sum())[..., None] * difference / sigma**2
    count = len(a) * (len(b) - skip_diagonal)
    return largest + np.log(kernel.sum()) - np.log(np.longdouble(count)), -weight.sum(1), weight.sum(0)


def relative(found, golden):
    return float(np.linalg.norm((found - golden).astype(float)) / max(np.linalg.norm(golden.astype(float)), 1e-300))


for case in sorted(name[: -len(".value")] for name in header if name.startswith("cs.") and name.endswith(".value")):
    x, y, sigma = tensor(case + ".x"), tensor(case + ".y"), np.longdouble(case.split("sigma=")[1])
    off = "offdiagonal" in case
    (xx, gx1, gx2), (yy, gy1, gy2), (xy, gx3, gy3) = log_mean_kernel(x, x, sigma, off), log_mean_kernel(y, y, sigma, off), log_mean_kernel(x, y, sigma)
    print(
        f"{case:36} value {relative(xx + yy - 2 * xy, tensor(case + '.value')):.1e}"
        f"  grad_x {relative(gx1 + gx2 - 2 * gx3, tensor(case + '.grad_x')):.1e}"
        f"  grad_y {relative(gy1 + gy2 - 2 * gy3, tensor(case + '.grad_y')):.1e}"
    )
