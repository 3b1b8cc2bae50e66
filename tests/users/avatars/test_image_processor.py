"""Tests of the image processor: its output, and which files it rejects."""

import io
import struct
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.support.pictures import BLUE, RED, halves, png, png_chunk, saved, zipped
from tests.support.scale import HYPOTHESIS
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


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"other"])
def test_encode_ignores_malformed_exif(exif: bytes) -> None:
    assert encode(saved(halves(), "JPEG", quality=90, exif=exif)) == encode(JPEG)


def test_encode_rotates_upright_with_unwritable_exif_tags() -> None:
    # Two entries: the orientation, and a name whose bytes are outside of the file.
    entries = struct.pack("<HHIIHHII", 0x0112, 3, 1, 3, 0x010E, 2, 99, 0xFFFFFF)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4)
    turned = saved(halves(), "JPEG", quality=90, exif=exif)
    assert is_near(opened(encode(turned)[0]), (256, 60), BLUE)


def test_encode_accepts_jpeg_followed_by_preview() -> None:
    phone = saved(halves(), "MPO", save_all=True, append_images=[halves((64, 32))])
    assert opened(encode(phone)[0]).size == (512, 512)


def test_encode_accepts_jpeg_with_malformed_index_of_previews() -> None:
    index = b"\xff\xe2" + struct.pack(">H", 2 + 12) + b"MPF\0II*\0\xff\xff\xff\xff"
    assert encode(JPEG[:2] + index + JPEG[2:]) == encode(JPEG)


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


MOTION_PHOTO_VIDEO = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42\0\0\0\x08mdat"
PAYLOADS = [
    b"\0",
    b"\n",
    MOTION_PHOTO_VIDEO,
    zipped("evil.class", b"x"),
    zipped("evil.class", b"x") + b"\xff\xd9",
    SVG,
    b"<svg",
    b"<!DOCTYPE html><script>alert(1)</script>",
    b"*/=1;alert(1)//",
    b"%PDF-1.7 1 0 obj",
    b"<?php phpinfo();",
    PNG,
    JPEG,
]


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_encode_drops_data_after_the_image(data: bytes, payload: bytes) -> None:
    assert encode(data + payload) == encode(data)


@given(data=st.sampled_from([JPEG, PNG, WEBP]), payload=st.binary(min_size=1, max_size=4096))
@settings(HYPOTHESIS, max_examples=30)
@example(data=WEBP, payload=bytes(2**16))
def test_encode_drops_any_data_after_the_image(data: bytes, payload: bytes) -> None:
    assert encode(data + payload) == encode(data)


def with_text(data: bytes, text: bytes) -> bytes:
    """Return the JPEG or PNG file with ``text`` in a comment."""
    if data is JPEG:
        return JPEG[:2] + b"\xff\xfe" + struct.pack(">H", 2 + len(text)) + text + JPEG[2:]
    header = len(b"\x89PNG\r\n\x1a\n") + 12 + 13
    return PNG[:header] + png_chunk(b"tEXt", b"Comment\0" + text) + PNG[header:]


@pytest.mark.parametrize("data", [JPEG, PNG], ids=["jpeg", "png"])
@pytest.mark.parametrize("text", PAYLOADS)
def test_encode_drops_text_in_the_image(data: bytes, text: bytes) -> None:
    assert text in with_text(data, text)
    assert encode(with_text(data, text)) == encode(data)


def test_encode_accepts_markup_in_compressed_pixels() -> None:
    # The level 0 stores the rows as they are.
    pixels = b"".join(b"\0" + b"<svg" * 64 for _ in range(64))
    header = struct.pack(">IIBBBBB", 64, 64, 8, 6, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(pixels, 0)), (b"IEND", b"")
    data = b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)
    assert b"<svg" in data
    assert opened(encode(data)[0]).size == (512, 512)


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
