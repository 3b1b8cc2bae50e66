"""Tests of the image processor: its output, and which files it rejects."""

import io

import pytest
from PIL import Image, ImageCms

from tests.support.pictures import BLUE, RED, halves, png, saved, zipped
from users.avatars.image_processor import MAX_PIXELS, ImageProblem, InvalidImageError, encode

JPEG = saved(halves(), "JPEG", quality=90)
PNG = saved(halves(), "PNG")
WEBP = saved(halves(), "WEBP")
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set Pillow's limit as ``main`` does."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", MAX_PIXELS)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=["WEBP"])
    image.load()
    return image


def is_near(image: Image.Image, at: tuple[int, int], colour: tuple[int, ...]) -> bool:
    found = image.convert("RGB").getpixel(at)
    assert isinstance(found, tuple)
    return all(abs(a - b) < 24 for a, b in zip(found, colour, strict=True))


def problem(data: bytes) -> ImageProblem:
    with pytest.raises(InvalidImageError) as caught:
        encode(data)
    return caught.value.problem


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
def test_encode_returns_two_square_webps(data: bytes) -> None:
    large, small = (opened(image) for image in encode(data))
    assert (large.size, small.size) == ((512, 512), (128, 128))
    assert is_near(large, (256, 60), RED)
    assert is_near(large, (256, 450), BLUE)
    assert is_near(small, (64, 15), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_encode_accepts_every_color_mode(mode: str) -> None:
    image = halves(mode="RGB").convert(mode)
    data = saved(image, "JPEG" if mode == "CMYK" else "PNG")
    assert opened(encode(data)[0]).size == (512, 512)


def test_encode_scales_sixteen_bit_pixels() -> None:
    grey = Image.new("I;16", (64, 64), 0x8000)
    assert is_near(opened(encode(saved(grey, "PNG"))[0]), (256, 256), (128, 128, 128))


def test_encode_keeps_transparency() -> None:
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    assert opened(encode(saved(clear, "PNG"))[0]).convert("RGBA").getpixel((9, 9))[3] == 0  # type: ignore[index]  # RGBA pixels are tuples


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_encode_rotates_upright_and_removes_metadata(format_name: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # rotated by 180 degrees
    exif[0x010E] = "a secret place"
    data = saved(halves(), format_name, exif=exif, quality=90)
    assert b"a secret place" in data
    large, small = encode(data)
    assert is_near(opened(large), (256, 60), BLUE)
    for image in (large, small):
        assert b"secret" not in image
        assert set(opened(image).info) <= {"loop", "background", "timestamp", "duration"}


def test_encode_converts_color_profile_to_srgb() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"----").replace(b"bXYZ", b"rXYZ").replace(b"----", b"bXYZ")
    profiled = opened(encode(saved(halves(), "PNG", icc_profile=swapped))[0])
    assert is_near(profiled, (256, 60), BLUE)
    broken = opened(encode(saved(halves(), "PNG", icc_profile=b"no profile"))[0])
    assert is_near(broken, (256, 60), RED)


def test_encode_accepts_jpeg_followed_by_preview() -> None:
    phone = saved(halves(), "MPO", save_all=True, append_images=[halves((64, 32))])
    assert opened(encode(phone)[0]).size == (512, 512)


def test_encode_uses_first_frame_of_animation() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in (RED, BLUE)]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    assert is_near(opened(encode(data)[0]), (256, 256), RED)


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", SVG, b"%PDF-1.7", zipped("a", b"b"), saved(halves(), "GIF"), JPEG[:2]],
    ids=["empty", "gif header", "svg", "pdf", "zip", "gif", "two bytes"],
)
def test_encode_rejects_other_formats(data: bytes) -> None:
    assert problem(data) is ImageProblem.NOT_AN_IMAGE


@pytest.mark.parametrize(
    "data",
    [
        JPEG + zipped("evil.class", b"x"),
        JPEG + zipped("evil.class", b"x") + b"\xff\xd9",
        PNG + b"<script>alert(1)</script>",
        PNG + b"alert(1)",
        WEBP + b"alert(1)",
        saved(halves(), "JPEG", comment=b"*/=1;</script><script>alert(1)//"),
        saved(halves(), "JPEG", comment=b"%PDF-1.7 1 0 obj"),
        JPEG[:-2] + b"<?php phpinfo();" + JPEG[-2:],
    ],
    ids=["jar", "jar and end", "html", "js", "webp js", "comment", "pdf", "php"],
)
def test_encode_rejects_polyglot(data: bytes) -> None:
    assert problem(data) is ImageProblem.POLYGLOT


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_encode_rejects_truncated_file(data: bytes, kept: float) -> None:
    is_webp = data is WEBP  # its decoder needs the whole file to read the header
    expected = ImageProblem.NOT_AN_IMAGE if is_webp else ImageProblem.DAMAGED
    assert problem(data[: int(len(data) * kept)]) is expected


def test_encode_rejects_file_with_missing_bytes() -> None:
    middle = len(PNG) // 2
    assert problem(PNG[:middle] + PNG[middle + 9 :]) is ImageProblem.DAMAGED


@pytest.mark.parametrize("size", [(5001, 5000), (40_000, 40_000), (2**31 - 1, 2**31 - 1)])
def test_encode_rejects_decompression_bomb_by_its_header(size: tuple[int, int]) -> None:
    assert problem(png(*size, rows=0)) is ImageProblem.TOO_MANY_PIXELS


def test_encode_accepts_25_megapixels() -> None:
    assert opened(encode(png(5000, 5000, rows=5000))[0]).size == (512, 512)
