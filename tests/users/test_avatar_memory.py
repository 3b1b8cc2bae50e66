"""Pictures are decoded outside the server, and this is what that is good for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from tests.users.pictures import png, saved
from users.avatars import MAX_BYTES

LIMIT = 60  # MB
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the memory of a process")


def growth(folder: Path, *arguments: str | Path) -> int:
    """By how many MB these uploads, four at once, made a process grow."""
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "MEDIA_ROOT": str(folder / "media"),
    }
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        [sys.executable, "-m", "tests.users.upload_many", *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """The largest that are allowed: by pixels, and by bytes."""
    files = [tmp_path / "pixels.png", tmp_path / "bytes.png"]
    files[0].write_bytes(png(5000, 5000, rows=5000))
    files[1].write_bytes(saved(Image.effect_noise((2300, 2150), 90), "PNG"))
    assert 4_500_000 < files[1].stat().st_size <= MAX_BYTES
    return files


@linux
def test_uploads_leave_the_servers_memory_alone(tmp_path: Path, pictures: list[Path]) -> None:
    by_pixels, by_bytes = pictures
    assert growth(tmp_path, *[by_pixels, by_bytes, by_bytes, by_bytes, by_bytes] * 4) < LIMIT


@linux
def test_decoding_in_the_server_would_not(tmp_path: Path, pictures: list[Path]) -> None:
    assert growth(tmp_path, "--in-process", *pictures) > LIMIT
