"""Program that converts an untrusted image into two square WebP images.

``users.avatars.services`` runs it in a separate process, because decoding 25 megapixels takes
100 MB of memory and image decoders are the usual target of malicious files. It imports
Pillow only, not Django.

    python image_processor.py < image > two-images

The output is the length of the large image (8 bytes, big-endian), the large image, the small
image. If the image is rejected, the exit status is an ``ImageProblem``.
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
MAX_MEMORY = 1 << 30  # bytes
MAX_CPU_SECONDS = 20

# A file with data after the image, or with one of the MARKUP strings, is a polyglot: it is also
# valid HTML, PDF, PHP or ZIP, which a browser or a server could run. SEFT ends the trailer that
# some Samsung cameras append to a JPEG.
JPEG_ENDINGS = (b"\xff\xd9", b"SEFT")
ENDINGS = {
    "JPEG": JPEG_ENDINGS,
    "MPO": JPEG_ENDINGS,  # a JPEG followed by further images, such as a preview
    "PNG": (b"\0\0\0\0IEND\xaeB`\x82",),
}
MARKUP = (b"%pdf-", b"<?php", b"<script", b"<html", b"<svg", b"<!doctype")


class ImageProblem(IntEnum):
    """Why an image is rejected; also the exit status of the program."""

    NOT_AN_IMAGE = 10
    TOO_MANY_PIXELS = 11
    DAMAGED = 12
    POLYGLOT = 13


class InvalidImageError(Exception):
    """The image is rejected; ``problem`` says why."""

    def __init__(self, problem: ImageProblem) -> None:
        super().__init__(problem.name)
        self.problem = problem


def encode(data: bytes) -> tuple[bytes, ...]:
    """Return the image as square WebPs of ``SIZES`` pixels: centred, upright, without metadata.

    Raises InvalidImageError.
    """
    image = _open(data)
    try:
        square = _crop_to_square(image)
    except Exception as error:
        # Decoders raise exceptions of any class for a damaged image.
        raise InvalidImageError(ImageProblem.DAMAGED) from error
    _reject_polyglots(data, str(image.format))
    return tuple(_encode_webp(square, size) for size in SIZES)


def _open(data: bytes) -> Image.Image:
    """Read the header of the image, without decoding its pixels."""
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidImageError(ImageProblem.TOO_MANY_PIXELS) from error
    except Exception as error:
        raise InvalidImageError(ImageProblem.NOT_AN_IMAGE) from error
    if image.width * image.height > MAX_PIXELS:
        raise InvalidImageError(ImageProblem.TOO_MANY_PIXELS)
    return image


def _reject_polyglots(data: bytes, format_name: str) -> None:
    if format_name == "WEBP":
        is_complete = int.from_bytes(data[4:8], "little") + 8 == len(data)
    else:
        is_complete = data.rstrip(b"\0").endswith(ENDINGS[format_name])
    text = data.lower()
    has_other_content = any(mark in text for mark in MARKUP) or zipfile.is_zipfile(io.BytesIO(data))
    if not is_complete or has_other_content:
        raise InvalidImageError(ImageProblem.POLYGLOT)


def _crop_to_square(image: Image.Image) -> Image.Image:
    largest = max(SIZES)
    # Lets the JPEG decoder downscale while decoding, which saves memory; no-op for others.
    image.draft("RGB", (2 * largest, 2 * largest))
    image.load()
    square = ImageOps.fit(_convert_to_8_bit(image), (largest, largest), Image.Resampling.LANCZOS)
    # Rotated after cropping: the centre stays the same, and a small image rotates faster.
    return _convert_to_srgb(ImageOps.exif_transpose(square), image.info.get("icc_profile"))


def _convert_to_8_bit(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Pillow's convert() would clip 16-bit values at 255 instead of scaling them.
        image = image.point(lambda value: value / 256).convert("L")
        image.info.pop("transparency", None)
    has_alpha = image.has_transparency_data
    return image.convert("RGBA" if has_alpha else "RGB")


def _convert_to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert the colours to sRGB. Without it they would change, as the profile is dropped."""
    if not profile or image.mode != "RGB":
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB")) or image
    except (ImageCms.PyCMSError, OSError):
        return image


def _encode_webp(square: Image.Image, size: int) -> bytes:
    # Pasted into a new image, so that no metadata of the old one is saved.
    clean = Image.new(square.mode, square.size)
    clean.paste(square)
    out = io.BytesIO()
    clean.resize((size, size), Image.Resampling.LANCZOS).save(out, "WEBP", quality=85, method=4)
    return out.getvalue()


def main() -> None:
    if sys.platform == "linux":  # macOS does not support it
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    warnings.simplefilter("error")
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        large, small = encode(sys.stdin.buffer.read())
    except InvalidImageError as error:
        sys.exit(error.problem)
    sys.stdout.buffer.write(len(large).to_bytes(8, "big") + large + small)


if __name__ == "__main__":
    main()
