"""Writes the .npy files of this folder with NumPy and example.safetensors by hand, apart from this code.

Run with any Python 3 with NumPy: python3 make.py
"""
import json
import pathlib
import struct

import numpy as np

here = pathlib.Path(__file__).parent
# 0 to 11 in quarters: exact in every float type; the integer files hold 0 to 11.
quarters = np.arange(12).reshape(3, 4) / 4.0
whole = np.arange(12).reshape(3, 4)

for code in ("f2", "f4", "f8"):
    np.save(here / f"little-{code}.npy", quarters.astype("<" + code))
    np.save(here / f"big-{code}.npy", quarters.astype(">" + code))
for code in ("i8", "i4", "i2", "u8", "u4", "u2"):
    np.save(here / f"little-{code}.npy", whole.astype("<" + code))
    np.save(here / f"big-{code}.npy", whole.astype(">" + code))
for code in ("i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1"):
    limits = np.iinfo(code)
    np.save(here / f"limits-{code}.npy", np.array([[limits.min, limits.max]], ">" + code))
np.save(here / "u1.npy", whole.astype("u1"))
np.save(here / "i1.npy", whole.astype("i1"))
np.save(here / "b1.npy", whole % 2 == 1)
np.save(here / "fortran-f4.npy", np.asfortranarray(quarters.astype("<f4")))
np.save(here / "fortran-big-f2.npy", np.asfortranarray(quarters.astype(">f2")))
np.save(here / "fortran-rank4.npy", np.asfortranarray(np.arange(120).reshape(2, 3, 4, 5).astype("<i8")))
np.save(here / "scalar.npy", np.float32(2.5))
np.save(here / "vector.npy", np.arange(5, dtype="<i8"))
np.save(here / "empty.npy", np.zeros((0, 4), "<f4"))
np.save(here / "structured.npy", np.zeros(2, [("a", "<f4"), ("b", "<i8")]))
np.save(here / "objects.npy", np.array([None, "text"], dtype=object), allow_pickle=True)
np.save(here / "complex.npy", np.zeros(2, "<c8"))
for version in ((2, 0), (3, 0)):
    with open(here / f"version-{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, quarters.astype("<f4"), version=version)
tensors = {
    "double": ("F64", [2], struct.pack("<2d", 0.1, -1e300)),
    "float": ("F32", [2, 2], struct.pack("<4f", 1, 2, 3, 4)),
    "long": ("I64", [2], struct.pack("<2q", -1, 2**62)),
    "int": ("I32", [1], struct.pack("<i", -7)),
    "half": ("F16", [3], np.array([0.5, -2, 65504], "<f2").tobytes()),
    # The upper halves of the float32 values 1, -2 and 3.140625.
    "brain": ("BF16", [3], bytes.fromhex("803f00c04940")),
    "byte": ("U8", [2], bytes([0, 255])),
    "flag": ("BOOL", [], bytes([1])),
    "unread": ("F8_E4M3", [1], bytes([1])),
    "small": ("I8", [2], struct.pack("<2b", -128, 127)),
    "short": ("I16", [2], struct.pack("<2h", -32768, 32767)),
    "u16": ("U16", [1], struct.pack("<H", 65535)),
    "u32": ("U32", [1], struct.pack("<I", 4294967295)),
    "u64": ("U64", [1], struct.pack("<Q", 2**64 - 1)),
    "nothing": ("F32", [0, 3], b""),
}
header, data = {"__metadata__": {"format": "pt", "naïve": "yes ✓"}}, b""
for name, (dtype, shape, values) in tensors.items():
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
    data += values
text = json.dumps(header, ensure_ascii=False).encode()
text += b" " * (-len(text) % 8)
(here / "example.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
