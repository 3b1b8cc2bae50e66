"""Program that converts an untrusted image into two square WebP images.

``users.avatars.services`` runs it in a separate process, because decoding 25 megapixels takes
100 MB of memory and image decoders are the usual target of malicious files. It imports
Pillow only, not Django.

    python image_processor.py < image > two-images

The output is the length of the large image (8 bytes, big-endian), the large image, the small
image. If the image is rejected, the exit status is an ``ImageProblem``.
"""

import os

if __name__ == "__main__":
    # First of all, because the imports take a tenth of a second. At the usual priority the other
    # requests would have to share the processor with the decoder.
    os.nice(19)

import io
import resource
import sys
import warnings
from enum import IntEnum

from PIL import ExifTags, Image, ImageCms, ImageOps, PngImagePlugin

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 25_000_000
SIZES = (512, 128)
MAX_MEMORY = 1 << 30  # bytes
MAX_CPU_SECONDS = 20

# Pillow rejects a PNG with a larger colour profile or compressed text; its default is 1 MB.
MAX_PNG_METADATA = 8 << 20  # bytes
# Modes that can be resized and converted, by the colour space in an ICC profile's header.
MODE_OF_COLOR_SPACE = {"GRAY": "L", "RGB ": "RGB", "CMYK": "CMYK"}
ORIENTATION = ExifTags.Base.Orientation


class ImageProblem(IntEnum):
    """Why an image is rejected; also the exit status of the program."""

    NOT_AN_IMAGE = 10
    TOO_MANY_PIXELS = 11
    DAMAGED = 12


class InvalidImageError(Exception):
    """The image is rejected; ``problem`` says why."""

    def __init__(self, problem: ImageProblem) -> None:
        super().__init__(problem.name)
        self.problem = problem


def encode(data: bytes) -> tuple[bytes, ...]:
    """Return the image as square WebPs of ``SIZES`` pixels: centred, upright, without metadata.

    Accepts whatever Pillow decodes, also with other data in metadata or after the image, such as
    the video of a motion photo: none of it is in the result. Raises InvalidImageError.
    """
    with warnings.catch_warnings():
        # Pillow warns about flaws that do not affect the pixels, such as invalid EXIF tags.
        warnings.simplefilter("ignore")
        image = _open(data)
        try:
            square = _crop_to_square(image)
        except Exception as error:
            # Decoders raise exceptions of any class for a damaged image.
            raise InvalidImageError(ImageProblem.DAMAGED) from error
        return tuple(_encode_webp(square, size) for size in SIZES)


def _open(data: bytes) -> Image.Image:
    """Read the header of the image, without decoding its pixels."""
    try:
        image = _read_header(data)
    except InvalidImageError as error:
        if error.problem is not ImageProblem.NOT_AN_IMAGE:
            raise
        # Pillow rejects the whole PNG if the chunk with its colour profile is malformed.
        image = _read_header(_without_png_profile(data))
    if image.width * image.height > MAX_PIXELS:
        raise InvalidImageError(ImageProblem.TOO_MANY_PIXELS)
    return image


def _read_header(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise InvalidImageError(ImageProblem.TOO_MANY_PIXELS) from error
    except Exception as error:
        raise InvalidImageError(ImageProblem.NOT_AN_IMAGE) from error


def _without_png_profile(data: bytes) -> bytes:
    """Return the PNG file without its first iCCP chunk: length, name, content, checksum."""
    before, name, after = data.partition(b"iCCP")
    if not name:
        return data
    length = int.from_bytes(before[-4:], "big")
    return before[:-4] + after[length + 4 :]


def _crop_to_square(image: Image.Image) -> Image.Image:
    """Return the centre of the image in RGB or RGBA, in the colour space sRGB."""
    largest = max(SIZES)
    # Lets the JPEG decoder downscale while decoding, which saves memory; no-op for others.
    image.draft("RGB", (2 * largest, 2 * largest))
    image.load()
    square = ImageOps.fit(_convert_to_8_bit(image), (largest, largest), Image.Resampling.LANCZOS)
    # Rotated after cropping: the centre stays the same, and a small image rotates faster.
    upright = _rotate(square, _orientation_of(image))
    return _convert_to_srgb(upright, image.info.get("icc_profile"))


def _convert_to_8_bit(image: Image.Image) -> Image.Image:
    """Return the image in the mode L, LA, RGB, RGBA or CMYK, without changing its colours."""
    if image.mode.startswith("I"):
        # Pillow's convert() would clip 16-bit values at 255 instead of scaling them.
        image = image.point(lambda value: value / 256).convert("L")
        image.info.pop("transparency", None)
    if image.mode == "CMYK":
        return image
    mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
    return image.convert(mode + "A" if image.has_transparency_data else mode)


def _orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 (upright) if it is missing or malformed."""
    try:
        orientation = image.getexif().get(ORIENTATION)
    except Exception:  # noqa: BLE001 - the parser of malformed EXIF data raises any class
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _rotate(square: Image.Image, orientation: int) -> Image.Image:
    """Rotate or mirror the image according to an EXIF orientation."""
    # Without the other tags: exif_transpose() writes all of them and fails at malformed ones.
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    square.info = {"exif": exif.tobytes()}
    return ImageOps.exif_transpose(square)


def _convert_to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert the colours to sRGB and the mode to RGB, or to RGBA if the image has alpha.

    The colours would otherwise change, because the profile is dropped.
    """
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    opaque = image.convert(image.mode.removesuffix("A"))
    converted = (_apply_profile(opaque, profile) if profile else None) or opaque.convert("RGB")
    if alpha:
        converted.putalpha(alpha)
    return converted


def _apply_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert from an ICC profile to sRGB. Returns None if the profile does not fit or is broken.

    A grey image can have a profile for RGB, because some programs never change the profile.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = MODE_OF_COLOR_SPACE.get(source.profile.xcolor_space)
        if (image.mode, mode) == ("L", "RGB"):
            image = image.convert("RGB")
        if image.mode != mode:
            return None
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
    except Exception:  # noqa: BLE001 - the parser of broken profiles raises any class
        return None


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
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    PngImagePlugin.MAX_TEXT_CHUNK = MAX_PNG_METADATA
    try:
        large, small = encode(sys.stdin.buffer.read())
    except InvalidImageError as error:
        sys.exit(error.problem)
    sys.stdout.buffer.write(len(large).to_bytes(8, "big") + large + small)


if __name__ == "__main__":
    main()
