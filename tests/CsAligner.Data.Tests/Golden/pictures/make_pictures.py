"""Small pictures of many formats, and what Pillow makes of them on the way into a CLIP.

Beside each picture NAME: NAME.fit.png, the picture as RGB (what is transparent shows white), its short side resized to 40 by
Pillow's bicubic filter, the middle 40 x 40 cut out as Hugging Face does; for lossy formats NAME.decoded.png, the RGB pixels that
Pillow decodes, so that the decoder's rounding can be told from the resizing; for pictures with transparency NAME.dropped.png, the
same as fit but by Pillow's convert("RGB"), which drops the alpha channel.

Run with Pillow 9.4 (libjpeg-turbo 2.1.5, libwebp 1.2) and NumPy: python3 make_pictures.py
"""
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
SIZE = 40


def photo(width, height, seed):
    """Like a photograph: soft shading, a few blurred discs, an edge, some grain."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    image = np.stack([120 + 100 * np.sin(3 * x + c) * np.cos(4 * y - c) for c in range(3)], -1)
    for _ in range(6):
        cx, cy, r = random.rand(3) * [1, 1, 0.25]
        disc = 1 / (1 + np.exp(((x - cx) ** 2 + (y - cy) ** 2 - r * r) * 400))
        image = image * (1 - disc[..., None]) + disc[..., None] * random.rand(3) * 255
    image[:, width // 3: width // 3 + 2] = 20
    image += random.randn(height, width, 3) * 4
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def fit(rgb):
    width, height = rgb.size
    short, long = min(rgb.size), max(rgb.size)
    new_long = int(SIZE * long / short)
    resized = np.asarray(rgb.resize((SIZE, new_long) if width <= height else (new_long, SIZE), Image.BICUBIC))
    top, left = (resized.shape[0] - SIZE) // 2, (resized.shape[1] - SIZE) // 2
    return Image.fromarray(resized[top:top + SIZE, left:left + SIZE])


def on_white(image):
    rgba = np.asarray(image.convert("RGBA")).astype(np.float64)
    alpha = rgba[..., 3:] / 255
    return Image.fromarray(np.round(rgba[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8))


def swapped_profile():
    """An sRGB profile whose red and blue are each other's: where it is applied, colours change beyond doubt."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = {}
    for i in range(struct.unpack(">I", profile[128:132])[0]):
        tag, offset, length = struct.unpack(">4sII", profile[132 + 12 * i:144 + 12 * i])
        at[tag] = offset
    red, blue = (bytes(profile[at[tag]:at[tag] + 20]) for tag in (b"rXYZ", b"bXYZ"))
    profile[at[b"rXYZ"]:at[b"rXYZ"] + 20], profile[at[b"bXYZ"]:at[b"bXYZ"] + 20] = blue, red
    return bytes(profile)


def png_of_16_bits(values):
    """[H, W, 3] of 16-bit numbers; Pillow reads such files but does not write them."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


class Written:
    """Bytes that are written as they are."""
    def __init__(self, data):
        self.data = data

    def save(self, path):
        with open(path, "wb") as file:
            file.write(self.data)


def save(name, image, lossy=False, transparent=False, expected=True, **options):
    path = os.path.join(HERE, name)
    image.save(path, **options)
    if not expected:
        return
    read = Image.open(path)
    # libvips and this project turn a picture as its EXIF orientation says; Pillow leaves it to the caller.
    read = ImageOps.exif_transpose(read)
    rgb = on_white(read) if transparent else read.convert("RGB")
    fit(rgb).save(path + ".fit.png", optimize=True)
    if lossy:
        rgb.save(path + ".decoded.png", optimize=True)
    if transparent:
        fit(read.convert("RGB")).save(path + ".dropped.png", optimize=True)


def main():
    wide, tall = photo(97, 71, 1), photo(67, 103, 2)
    colour, upright = Image.fromarray(wide), Image.fromarray(tall)
    alpha = np.clip(np.add.outer(np.arange(71) * 3, np.arange(97) * 2) - 60, 0, 255).astype(np.uint8)
    rgba = Image.fromarray(np.dstack([wide, alpha]))
    save("colour-420.jpg", colour, lossy=True, quality=85)
    save("colour-444.jpg", upright, lossy=True, quality=92, subsampling=0)
    save("progressive-422.jpg", upright, lossy=True, quality=80, subsampling=1, progressive=True)
    save("grey.jpg", colour.convert("L"), lossy=True, quality=85)
    exif = Image.Exif()
    exif[0x0112] = 6
    save("turned.jpg", colour, lossy=True, quality=85, exif=exif)
    save("colour.png", colour, optimize=True)
    save("grey.png", upright.convert("L"), optimize=True)
    save("bilevel.png", colour.convert("1"), optimize=True)
    save("palette.png", colour.quantize(40), optimize=True)
    save("alpha.png", rgba, transparent=True, optimize=True)
    save("grey-alpha.png", Image.merge("LA", (colour.convert("L"), Image.fromarray(alpha))), transparent=True, optimize=True)
    palette = colour.quantize(20)
    save("palette-alpha.png", palette, transparent=True, transparency=bytes(range(0, 240, 12)), optimize=True)
    save("lossy.webp", colour, lossy=True, quality=80)
    save("lossless.webp", upright, lossless=True)
    save("alpha.webp", rgba, transparent=True, lossless=True, exact=True)
    save("rgb-16.png", Written(png_of_16_bits(wide.astype(np.uint16) * 256 + (wide.astype(np.uint16) * 37 + 200) % 256)))
    save("profile.png", colour, optimize=True, icc_profile=swapped_profile())
    save("animation.webp", colour, lossless=True, save_all=True, append_images=[Image.fromarray(255 - wide)])

    # What Pillow has no fixed answer for: the tests say what these give here.
    ramp = np.arange(48 * 40, dtype=np.uint32).reshape(40, 48) * 34
    save("grey-16.png", Image.fromarray(ramp.astype(np.uint16)), expected=False)
    save("cmyk.jpg", colour.convert("CMYK"), lossy=True, quality=95, subsampling=0)


if __name__ == "__main__":
    main()
