"""Golden features of the packaged ResNet-18: Pillow and NumPy prepare a picture, PyTorch computes the graph node by node.

usage: make.py MODEL.onnx    writes picture.png and features.npy beside this script (made with Pillow 9.4, PyTorch 1.13, onnx 1.12)
"""
import os
import sys

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from PIL import Image

here = os.path.dirname(os.path.abspath(__file__))
y, x = np.mgrid[0:131, 0:97]
rgb = np.stack([x * 2.6, y * 1.9, 255 - x - y], -1)
rgb[40:90, 20:60] = [250, 20, 30]
rgb[(y - 95) ** 2 + (x - 60) ** 2 < 600] = [10, 60, 240]
rgb = rgb.clip(0, 255).astype(np.uint8)
Image.fromarray(rgb).save(os.path.join(here, "picture.png"))

# Short side to 224, the middle cut out, blue first, no scaling.
height, width = rgb.shape[:2]
size = (224, 224 * height // width) if width <= height else (224 * width // height, 224)
resized = Image.fromarray(rgb).resize(size, Image.BILINEAR)
left, top = (size[0] - 224) // 2, (size[1] - 224) // 2
pixels = np.asarray(resized.crop((left, top, left + 224, top + 224)), np.float32)[:, :, ::-1]
pixels = pixels - np.array([103.1, 115.9, 123.2], np.float32)

model = onnx.load(sys.argv[1])
values = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in model.graph.initializer}
values[model.graph.input[0].name] = torch.from_numpy(pixels.transpose(2, 0, 1)[None].copy())
for node in model.graph.node:
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    inputs = [values[name] for name in node.input]
    if node.op_type in ("Conv", "MaxPool", "AveragePool"):
        kernel, strides = attributes["kernel_shape"], attributes["strides"]
        if attributes.get("auto_pad", b"NOTSET") in (b"SAME_UPPER", b"SAME_LOWER"):
            total = [max(0, (-(-n // s) - 1) * s + k - n) for n, s, k in zip(inputs[0].shape[2:], strides, kernel)]
            begin = [t // 2 if attributes["auto_pad"] == b"SAME_UPPER" else t - t // 2 for t in total]
            pads = begin + [t - b for t, b in zip(total, begin)]
        else:
            pads = attributes.get("pads", [0, 0, 0, 0])
        fill = float("-inf") if node.op_type == "MaxPool" else 0
        padded = F.pad(inputs[0], (pads[1], pads[3], pads[0], pads[2]), value=fill)
        if node.op_type == "Conv":
            out = F.conv2d(padded, *inputs[1:], stride=strides, groups=attributes.get("group", 1))
        else:
            out = (F.max_pool2d if node.op_type == "MaxPool" else F.avg_pool2d)(padded, kernel, strides)
    elif node.op_type == "BatchNormalization":
        x, scale, bias, mean, variance = inputs
        out = F.batch_norm(x, mean, variance, scale, bias, eps=attributes.get("epsilon", 1e-5))
    elif node.op_type == "Relu":
        out = torch.relu(inputs[0])
    elif node.op_type == "Add":
        out = inputs[0] + inputs[1]
    else:
        raise SystemExit("unknown op " + node.op_type)
    values[node.output[0]] = out
features = values[model.graph.output[0].name].numpy().ravel()
np.save(os.path.join(here, "features.npy"), (features / np.linalg.norm(features)).astype(np.float32)[None])
print(features.shape, features[:5])
