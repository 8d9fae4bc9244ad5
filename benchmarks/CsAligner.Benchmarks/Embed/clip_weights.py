"""Reads a CLIP folder in Hugging Face layout, weights in float32: for the peers of the benchmark "embed"."""

import json
import pathlib
import struct

import numpy


def read_clip(folder):
    """The configuration, and the tensors by name."""
    folder = pathlib.Path(folder)
    data = (folder / "model.safetensors").read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, info in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        if info["dtype"] != "F32":
            raise SystemExit(f"{folder}: {name} is {info['dtype']}, expected F32")
        start, end = (8 + length + offset for offset in info["data_offsets"])
        tensors[name] = numpy.frombuffer(data[start:end], numpy.float32).reshape(info["shape"])
    return json.loads((folder / "config.json").read_text()), tensors
