"""ICC colour profiles whose effect is easy to see.

The format: https://www.color.org/icc32.pdf
"""

import struct
from itertools import product

from PIL import ImageCms

D50 = struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)  # the reference white, as fixed-point numbers
IDENTITY_MATRIX = struct.pack(">9i", *(0x10000 * (n % 4 == 0) for n in range(9)))
IDENTITY_TABLE = bytes(range(256))
RED_IN_LAB, WHITE_IN_LAB, BLACK_IN_LAB = b"\x6e\xbf\xad", b"\xff\x80\x80", b"\x00\x80\x80"


def swapped_rgb_profile() -> bytes:
    """Return sRGB with the primaries red and blue exchanged."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return srgb.replace(b"rXYZ", b"----").replace(b"bXYZ", b"rXYZ").replace(b"----", b"bXYZ")


def linear_gray_profile() -> bytes:
    """Return a grey profile of gamma 1, in which 128 is as bright as 188 in sRGB."""
    curve = b"curv" + bytes(4) + struct.pack(">IHH", 1, 0x100, 0)
    white = b"XYZ " + bytes(4) + D50
    return _profile(b"GRAY", b"XYZ ", {b"kTRC": curve, b"wtpt": white})


def red_cyan_profile() -> bytes:
    """Return a CMYK profile in which cyan ink prints red; magenta and yellow are invisible."""
    colors = (
        BLACK_IN_LAB if black else RED_IN_LAB if cyan else WHITE_IN_LAB
        for cyan, _, _, black in product((0, 1), repeat=4)
    )
    inks, coordinates, grid_points = 4, 3, 2
    table = b"".join(
        (
            b"mft1" + bytes(4) + bytes([inks, coordinates, grid_points, 0]) + IDENTITY_MATRIX,
            IDENTITY_TABLE * inks,
            *colors,
            IDENTITY_TABLE * coordinates,
        )
    )
    return _profile(b"CMYK", b"Lab ", {b"A2B0": table})


def _profile(color_space: bytes, connection_space: bytes, tags: dict[bytes, bytes]) -> bytes:
    directory, content = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)  # the header, the number of tags, the directory
    for name, value in tags.items():
        directory += name + struct.pack(">II", start + len(content), len(value))
        content += value + bytes(-len(value) % 4)
    size, version, created = start + len(content), 0x2400000, (2026, 1, 1, 0, 0, 0)
    header = b"".join(
        (
            struct.pack(">I4xI4s", size, version, b"prtr"),
            color_space,
            connection_space,
            struct.pack(">6H4s28x", *created, b"acsp"),
            D50,
        )
    )
    return header.ljust(128, b"\0") + directory + content
