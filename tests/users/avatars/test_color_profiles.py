"""Colour profiles: converted to sRGB in every colour mode, and ignored if they are broken."""

import io
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.support.color_profiles import (
    linear_gray_profile,
    red_cyan_profile,
    swapped_rgb_profile,
)
from tests.support.pictures import BLUE, RED, png_chunk, saved
from tests.support.scale import HYPOTHESIS
from users.avatars.image_processor import encode
from users.avatars.services import COMMAND

GRAY = linear_gray_profile()
SWAPPED = swapped_rgb_profile()
RED_CYAN = red_cyan_profile()
BRIGHT = (188, 188, 188)  # 128 of the linear profile, in sRGB


def center(data: bytes) -> tuple[str, tuple[int, ...]]:
    """Return mode and colour of the centre of the large image."""
    image = Image.open(io.BytesIO(encode(data)[0]), formats=["WEBP"])
    color = image.getpixel((256, 256))
    assert isinstance(color, tuple)
    return image.mode, color


def near(color: tuple[int, ...]) -> object:
    return pytest.approx(color, abs=8)


def filled(mode: str, color: int | tuple[int, ...]) -> Image.Image:
    return Image.new(mode, (64, 64), color)


def palette() -> Image.Image:
    """Return a palette image with the colours black and red; all pixels are red."""
    image = filled("P", 1)
    image.putpalette([0, 0, 0, *RED])
    return image


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "JPEG"])
def test_profile_of_rgb_image_is_converted(format_name: str) -> None:
    data = saved(filled("RGB", RED), format_name, icc_profile=SWAPPED)
    assert center(data) == ("RGB", near(BLUE))


@pytest.mark.parametrize("format_name", ["PNG", "WEBP"])
@pytest.mark.parametrize("alpha", [77, 255])
def test_profile_of_rgba_image_is_converted_and_alpha_is_kept(format_name: str, alpha: int) -> None:
    image = filled("RGBA", (*RED, alpha))
    image.putpixel((0, 0), (0, 0, 0, 0))  # an image without transparency is saved as RGB
    data = saved(image, format_name, icc_profile=SWAPPED, lossless=True)
    assert center(data) == ("RGBA", near((*BLUE, alpha)))


def test_profile_of_palette_image_is_converted() -> None:
    assert center(saved(palette(), "PNG", icc_profile=SWAPPED)) == ("RGB", near(BLUE))


@pytest.mark.parametrize(
    ("transparency", "alpha"), [(bytes([255, 77]), 77), (bytes([0]), 255)], ids=["partly", "other"]
)
def test_profile_of_palette_image_with_transparency_is_converted(
    transparency: bytes, alpha: int
) -> None:
    image = palette()
    image.putpixel((0, 0), 0)
    data = saved(image, "PNG", icc_profile=SWAPPED, transparency=transparency)
    assert center(data) == ("RGBA", near((*BLUE, alpha)))


@pytest.mark.parametrize(("mode", "color"), [("L", 128), ("I;16", 0x8080)])
def test_profile_of_gray_image_is_converted(mode: str, color: int) -> None:
    data = saved(filled(mode, color), "PNG", icc_profile=GRAY)
    assert center(data) == ("RGB", near(BRIGHT))
    assert center(saved(filled(mode, color), "PNG")) == ("RGB", near((128, 128, 128)))


def test_profile_of_gray_jpeg_is_converted() -> None:
    data = saved(filled("L", 128), "JPEG", icc_profile=GRAY)
    assert center(data) == ("RGB", near(BRIGHT))


def test_profile_of_gray_image_with_alpha_is_converted_and_alpha_is_kept() -> None:
    data = saved(filled("LA", (128, 77)), "PNG", icc_profile=GRAY)
    assert center(data) == ("RGBA", near((*BRIGHT, 77)))


def test_profile_of_gray_image_with_a_transparent_color_is_converted() -> None:
    image = filled("L", 128)
    image.putpixel((0, 0), 3)
    data = saved(image, "PNG", icc_profile=GRAY, transparency=3)
    assert center(data) == ("RGBA", near((*BRIGHT, 255)))


def test_profile_of_cmyk_image_is_converted() -> None:
    cyan = filled("CMYK", (255, 0, 0, 0))
    assert center(saved(cyan, "JPEG", icc_profile=RED_CYAN)) == ("RGB", near(RED))
    assert center(saved(cyan, "JPEG")) == ("RGB", near((0, 255, 255)))


@pytest.mark.parametrize(
    ("mode", "color", "profile", "expected"),
    [
        ("L", 128, SWAPPED, (128, 128, 128)),
        ("L", 128, RED_CYAN, (128, 128, 128)),
        ("RGB", RED, GRAY, RED),
        ("RGB", RED, RED_CYAN, RED),
        ("CMYK", (255, 0, 0, 0), SWAPPED, (0, 255, 255)),
        ("CMYK", (255, 0, 0, 0), GRAY, (0, 255, 255)),
    ],
)
def test_profile_of_another_color_space_leaves_the_colors(
    mode: str, color: int | tuple[int, ...], profile: bytes, expected: tuple[int, ...]
) -> None:
    data = saved(filled(mode, color), "JPEG", icc_profile=profile)
    assert center(data) == ("RGB", near(expected))


IMAGES = {
    "1": (filled("1", 1), "PNG"),
    "L": (filled("L", 128), "PNG"),
    "LA": (filled("LA", (128, 77)), "PNG"),
    "P": (palette(), "PNG"),
    "RGB": (filled("RGB", RED), "PNG"),
    "RGBA": (filled("RGBA", (*RED, 77)), "PNG"),
    "jpeg": (filled("RGB", RED), "JPEG"),
    "gray jpeg": (filled("L", 128), "JPEG"),
    "cmyk jpeg": (filled("CMYK", (255, 0, 0, 0)), "JPEG"),
    "webp": (filled("RGBA", (*RED, 77)), "WEBP"),
}


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("profile", [b"no profile", bytes(128), SWAPPED[:200], SWAPPED[:-1]])
def test_broken_profile_does_not_change_the_mode(name: str, profile: bytes) -> None:
    image, format_name = IMAGES[name]
    mode, _ = center(saved(image, format_name, icc_profile=profile))
    assert mode == ("RGBA" if image.mode in {"LA", "RGBA"} else "RGB")


@given(
    name=st.sampled_from(sorted(IMAGES)),
    profile=st.sampled_from([GRAY, SWAPPED, RED_CYAN]),
    changes=st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 255)), max_size=12),
    kept=st.integers(1, 2500),
)
@settings(HYPOTHESIS, max_examples=50)
def test_broken_profile_does_not_fail_the_upload(
    name: str, profile: bytes, changes: list[tuple[int, int]], kept: int
) -> None:
    broken = bytearray(profile)
    for position, byte in changes:
        broken[position % len(broken)] = byte
    image, format_name = IMAGES[name]
    mode, _ = center(saved(image, format_name, icc_profile=bytes(broken[:kept])))
    assert mode == ("RGBA" if image.mode in {"LA", "RGBA"} else "RGB")


@pytest.mark.parametrize(
    "chunk",
    [
        png_chunk(b"iCCP", b""),
        png_chunk(b"iCCP", b"name without an end"),
        png_chunk(b"iCCP", b"name\0\1unknown compression"),
        png_chunk(b"iCCP", b"name\0\0not compressed"),
        png_chunk(b"iCCP", b"name\0\0not compressed")[:-1] + b"?",
    ],
    ids=["empty", "name", "method", "compression", "checksum"],
)
def test_malformed_profile_chunk_does_not_fail_the_upload(chunk: bytes) -> None:
    data = saved(filled("RGBA", (*RED, 77)), "PNG")
    header = 8 + 12 + 13
    assert encode(data[:header] + chunk + data[header:]) == encode(data)


@pytest.mark.parametrize(("megabytes", "color"), [(3, BLUE), (64, RED)], ids=["large", "bomb"])
def test_large_profile_is_converted_unless_it_exceeds_the_limit(
    megabytes: int, color: tuple[int, ...]
) -> None:
    data = saved(filled("RGB", RED), "PNG", icc_profile=SWAPPED + bytes(megabytes << 20))
    # As a program, which sets the limit.
    done = subprocess.run(COMMAND, input=data, capture_output=True, check=True)  # noqa: S603 - our own program
    with Image.open(io.BytesIO(done.stdout[8:]), formats=["WEBP"]) as image:
        assert image.getpixel((256, 256)) == near(color)
