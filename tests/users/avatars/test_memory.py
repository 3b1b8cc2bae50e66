"""Tests that decoding images in a separate process saves memory of the server."""

import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.support.pictures import png, saved
from tests.support.processes import run
from tests.users.avatars.upload_many import IN_PROCESS
from users.avatars.services import MAX_BYTES

pytestmark = pytest.mark.own_database
LIMIT = 60  # MB
linux = pytest.mark.skipif(
    sys.platform != "linux", reason="reads the memory of a process from /proc"
)


def growth(folder: Path, *arguments: str | Path) -> int:
    """Return by how many MB a process grew that handled these uploads, four at a time."""
    printed = run(
        "tests.users.avatars.upload_many",
        *map(str, arguments),
        DATABASE_URL=f"sqlite:///{folder / 'db.sqlite3'}",
        MEDIA_ROOT=str(folder / "media"),
    )
    return int(printed)


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """The largest accepted images: one by pixels, one by bytes."""
    files = [tmp_path / "pixels.png", tmp_path / "bytes.png"]
    files[0].write_bytes(png(5000, 5000, rows=5000))
    files[1].write_bytes(saved(Image.effect_noise((2300, 2150), 90), "PNG"))
    assert 4_500_000 < files[1].stat().st_size <= MAX_BYTES
    return files


@linux
def test_replace_does_not_use_memory_of_the_server(tmp_path: Path, images: list[Path]) -> None:
    by_pixels, by_bytes = images
    assert growth(tmp_path, *[by_pixels, by_bytes, by_bytes, by_bytes, by_bytes] * 4) < LIMIT


@linux
def test_replace_with_decoding_in_the_server_uses_its_memory(
    tmp_path: Path, images: list[Path]
) -> None:
    assert growth(tmp_path, IN_PROCESS, *images) > LIMIT
