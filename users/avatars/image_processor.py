"""Turns an untrusted picture into two square ones: the program behind ``users.avatars.services``.

It runs in a process of its own, and uses Pillow alone. Decoding 25 megapixels takes
100 MB, and decoders are where hostile pictures do their harm: both stay out of the
server.

    python picture_codec.py < picture > two-pictures

Answers the length of the first picture in 8 bytes, big-endian, and then the two.
The exit status says why there is no answer.
"""

import io
import resource
import sys
import warnings
import zipfile
from enum import IntEnum

from PIL import Image, ImageCms, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 25_000_000
SIZES = (512, 128)
MAX_MEMORY = 1 << 30
MAX_CPU_SECONDS = 20

# A file that ends later, or holds one of these, is also something else: a polyglot.
# Some Samsung cameras write a trailer of their own behind the picture.
JPEG_ENDINGS = (b"\xff\xd9", b"SEFT")
ENDINGS = {
    "JPEG": JPEG_ENDINGS,
    "MPO": JPEG_ENDINGS,  # a JPEG with more behind it: a preview, a brightness map
    "PNG": (b"\0\0\0\0IEND\xaeB`\x82",),
}
FOREIGN = (b"%pdf-", b"<?php", b"<script", b"<html", b"<svg", b"<!doctype")


class Refusal(IntEnum):
    """Exit statuses."""

    NOT_A_PICTURE = 10
    TOO_MANY_PIXELS = 11
    BROKEN = 12
    POLYGLOT = 13


class RefusedError(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.name)
        self.refusal = refusal


def encode(data: bytes) -> tuple[bytes, ...]:
    """The middle of the picture, upright, as square WebPs of ``SIZES`` without metadata."""
    picture = _open(data)
    try:
        square = _square(picture)
    except Exception as error:
        # Decoders raise whatever they like at a broken picture.
        raise RefusedError(Refusal.BROKEN) from error
    _refuse_polyglots(data, str(picture.format))
    return tuple(_webp(square, size) for size in SIZES)


def _open(data: bytes) -> Image.Image:
    """The picture, its header read and nothing decoded."""
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RefusedError(Refusal.TOO_MANY_PIXELS) from error
    except Exception as error:
        raise RefusedError(Refusal.NOT_A_PICTURE) from error
    if picture.width * picture.height > MAX_PIXELS:
        raise RefusedError(Refusal.TOO_MANY_PIXELS)
    return picture


def _refuse_polyglots(data: bytes, format_name: str) -> None:
    if format_name == "WEBP":
        is_whole = int.from_bytes(data[4:8], "little") + 8 == len(data)
    else:
        is_whole = data.rstrip(b"\0").endswith(ENDINGS[format_name])
    text = data.lower()
    is_foreign = any(mark in text for mark in FOREIGN) or zipfile.is_zipfile(io.BytesIO(data))
    if not is_whole or is_foreign:
        raise RefusedError(Refusal.POLYGLOT)


def _square(picture: Image.Image) -> Image.Image:
    largest = max(SIZES)
    # A JPEG decoder can shrink as it goes; for others this does nothing.
    picture.draft("RGB", (2 * largest, 2 * largest))
    picture.load()
    square = ImageOps.fit(_eight_bits(picture), (largest, largest), Image.Resampling.LANCZOS)
    # The middle stays the middle however it is turned, and a small picture turns cheaply.
    return _in_srgb(ImageOps.exif_transpose(square), picture.info.get("icc_profile"))


def _eight_bits(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        # Pillow would cut 16 bits off at 255 instead of scaling them.
        picture = picture.point(lambda value: value / 256).convert("L")
        picture.info.pop("transparency", None)
    has_alpha = picture.has_transparency_data
    return picture.convert("RGBA" if has_alpha else "RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as they were meant, for the profile that says so is dropped."""
    if not profile or picture.mode != "RGB":
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB")) or picture
    except (ImageCms.PyCMSError, OSError):
        return picture


def _webp(square: Image.Image, size: int) -> bytes:
    # A new picture, so that nothing of the old one's metadata comes along.
    clean = Image.new(square.mode, square.size)
    clean.paste(square)
    out = io.BytesIO()
    clean.resize((size, size), Image.Resampling.LANCZOS).save(out, "WEBP", quality=85, method=4)
    return out.getvalue()


def main() -> None:
    if sys.platform == "linux":  # macOS refuses it
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    warnings.simplefilter("error")
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        large, small = encode(sys.stdin.buffer.read())
    except RefusedError as error:
        sys.exit(error.refusal)
    sys.stdout.buffer.write(len(large).to_bytes(8, "big") + large + small)


if __name__ == "__main__":
    main()
