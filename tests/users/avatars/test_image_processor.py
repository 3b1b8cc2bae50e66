"""What comes out of a picture, and which files are none."""

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
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", MAX_PIXELS)


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data), formats=["WEBP"])
    picture.load()
    return picture


def is_near(picture: Image.Image, at: tuple[int, int], colour: tuple[int, ...]) -> bool:
    found = picture.convert("RGB").getpixel(at)
    assert isinstance(found, tuple)
    return all(abs(a - b) < 24 for a, b in zip(found, colour, strict=True))


def problem(data: bytes) -> ImageProblem:
    with pytest.raises(InvalidImageError) as caught:
        encode(data)
    return caught.value.problem


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
def test_a_picture_becomes_two_square_webps(data: bytes) -> None:
    large, small = (opened(picture) for picture in encode(data))
    assert (large.size, small.size) == ((512, 512), (128, 128))
    assert is_near(large, (256, 60), RED)
    assert is_near(large, (256, 450), BLUE)
    assert is_near(small, (64, 15), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_every_mode_of_colour_is_taken(mode: str) -> None:
    picture = halves(mode="RGB").convert(mode)
    data = saved(picture, "JPEG" if mode == "CMYK" else "PNG")
    assert opened(encode(data)[0]).size == (512, 512)


def test_sixteen_bits_a_pixel_are_scaled_and_not_cut_off() -> None:
    grey = Image.new("I;16", (64, 64), 0x8000)
    assert is_near(opened(encode(saved(grey, "PNG"))[0]), (256, 256), (128, 128, 128))


def test_what_is_transparent_stays_so() -> None:
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    assert opened(encode(saved(clear, "PNG"))[0]).convert("RGBA").getpixel((9, 9))[3] == 0  # type: ignore[index]  # RGBA pixels are tuples


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_a_picture_stands_upright_and_its_metadata_is_gone(format_name: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by half
    exif[0x010E] = "a secret place"
    data = saved(halves(), format_name, exif=exif, quality=90)
    assert b"a secret place" in data
    large, small = encode(data)
    assert is_near(opened(large), (256, 60), BLUE)
    for picture in (large, small):
        assert b"secret" not in picture
        assert set(opened(picture).info) <= {"loop", "background", "timestamp", "duration"}


def test_colours_of_another_profile_are_converted() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"----").replace(b"bXYZ", b"rXYZ").replace(b"----", b"bXYZ")
    profiled = opened(encode(saved(halves(), "PNG", icc_profile=swapped))[0])
    assert is_near(profiled, (256, 60), BLUE)
    broken = opened(encode(saved(halves(), "PNG", icc_profile=b"no profile"))[0])
    assert is_near(broken, (256, 60), RED)


def test_a_jpeg_with_a_preview_behind_it_is_a_picture() -> None:
    phone = saved(halves(), "MPO", save_all=True, append_images=[halves((64, 32))])
    assert opened(encode(phone)[0]).size == (512, 512)


def test_an_animation_is_its_first_frame() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in (RED, BLUE)]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    assert is_near(opened(encode(data)[0]), (256, 256), RED)


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", SVG, b"%PDF-1.7", zipped("a", b"b"), saved(halves(), "GIF"), JPEG[:2]],
    ids=["empty", "gif header", "svg", "pdf", "zip", "gif", "two bytes"],
)
def test_what_is_no_jpeg_png_or_webp_is_refused(data: bytes) -> None:
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
def test_what_is_something_else_as_well_is_refused(data: bytes) -> None:
    assert problem(data) is ImageProblem.POLYGLOT


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_truncated_file_is_refused(data: bytes, kept: float) -> None:
    is_webp = data is WEBP  # its decoder wants the whole file to begin with
    expected = ImageProblem.NOT_AN_IMAGE if is_webp else ImageProblem.DAMAGED
    assert problem(data[: int(len(data) * kept)]) is expected


def test_a_file_with_a_hole_in_it_is_refused() -> None:
    middle = len(PNG) // 2
    assert problem(PNG[:middle] + PNG[middle + 9 :]) is ImageProblem.DAMAGED


@pytest.mark.parametrize("size", [(5001, 5000), (40_000, 40_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    assert problem(png(*size, rows=0)) is ImageProblem.TOO_MANY_PIXELS


def test_twenty_five_megapixels_are_taken() -> None:
    assert opened(encode(png(5000, 5000, rows=5000))[0]).size == (512, 512)
