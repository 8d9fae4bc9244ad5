"""Golden values for ImagePreprocessing.Fit: Pillow's resize of the short side or of both, then Hugging Face's centre crop.

Writes fit.safetensors beside itself: for each case the crop, uint8 [S, S, 3]. The pictures are made from a formula of whole
numbers that the tests repeat, so they are not stored. Run with Pillow and NumPy: python3 make_fit.py
"""
import json
import os
import struct

import numpy as np
from PIL import Image

# width, height, short side, crop; bicubic, of the short side
CASES = [
    (97, 61, 24, 24), (61, 97, 24, 24), (24, 24, 24, 24), (25, 24, 24, 24), (24, 31, 24, 24), (300, 7, 16, 16), (7, 300, 16, 16),
    (5, 3, 24, 24), (1, 1, 16, 16), (1, 40, 16, 16), (333, 500, 40, 32), (640, 427, 32, 32), (127, 128, 33, 32), (50, 75, 32, 31),
    (1031, 773, 20, 17), (23, 23, 24, 24),
]

# width, height, side, crop, the rule, the filter
OTHERS = [
    (97, 61, 24, 24, "square", "bicubic"), (61, 97, 24, 20, "square", "bicubic"), (5, 3, 24, 24, "square", "bilinear"),
    (300, 7, 16, 16, "square", "lanczos"), (333, 500, 40, 32, "short", "bilinear"), (640, 427, 32, 32, "short", "lanczos"),
    (640, 427, 32, 32, "square", "bilinear"), (5, 3, 24, 24, "short", "lanczos"), (24, 24, 24, 24, "square", "bilinear"),
]

FILTERS = {"lanczos": Image.LANCZOS, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}


def picture(width, height):
    x = np.arange(width, dtype=np.int64)[None, :, None]
    y = np.arange(height, dtype=np.int64)[:, None, None]
    c = np.arange(3, dtype=np.int64)[None, None, :]
    smooth = np.abs((x * 5 + y * 3 + c * 90) % 510 - 255)
    noise = ((x * 7919 + y * 104729 + c * 1299709) * 2654435761 >> 7) % 256
    edge = np.where((x * 2 + y) // 17 % 2 == 0, 255, 0)
    return np.where((x + y) // 29 % 3 == 0, noise, np.where((x + y) // 29 % 3 == 1, smooth, edge)).astype(np.uint8)


def fit(image, short_side, crop, rule="short", filter="bicubic"):
    width, height = image.size
    short, long = min(width, height), max(width, height)
    new_long = int(short_side * long / short)
    size = (short_side, new_long) if width <= height else (new_long, short_side)
    if rule == "square":
        size = (short_side, short_side)
    resized = np.asarray(image.resize(size, FILTERS[filter]))
    top, left = (resized.shape[0] - crop) // 2, (resized.shape[1] - crop) // 2
    return resized[top:top + crop, left:left + crop]


def main():
    tensors = {"%dx%d-%d-%d" % case: fit(Image.fromarray(picture(*case[:2])), *case[2:]) for case in CASES}
    tensors.update({"%dx%d-%d-%d-%s-%s" % case: fit(Image.fromarray(picture(*case[:2])), *case[2:]) for case in OTHERS})
    header, data = {}, b""
    for name, values in tensors.items():
        begin = len(data)
        data += np.ascontiguousarray(values).tobytes()
        header[name] = {"dtype": "U8", "shape": list(values.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "fit.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


if __name__ == "__main__":
    main()
