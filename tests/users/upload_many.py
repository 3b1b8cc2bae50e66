"""Uploads the files named in a process of its own; prints by how many MB that made it grow.

python -m tests.users.upload_many [--in-process] FILE...
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402 - Django first
from django.core.management import call_command  # noqa: E402 - Django first
from django.db import connection  # noqa: E402 - Django first

from users import avatars, picture_codec  # noqa: E402 - Django first
from users.models import User  # noqa: E402 - Django first

AT_ONCE = 4


def peak() -> int:
    """The most memory this process ever had since the last reset, in kB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


def reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def upload(file: str) -> None:
    try:
        content = Path(file).read_bytes()
        avatars.replace(User.objects.get(), SimpleUploadedFile("picture", content))
    finally:
        connection.close()


def main() -> None:
    call_command("migrate", verbosity=0)
    User.objects.create(email="ann@example.org", first_name="Ann", last_name="Example")
    files = sys.argv[1:]
    if files[0] == "--in-process":
        files.pop(0)
        avatars._encode = lambda file: picture_codec.encode(file.read())  # type: ignore[assignment,return-value]  # noqa: SLF001 - what it would be without
    reset_peak()
    idle = peak()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(upload, files))
    print((peak() - idle) // 1024)  # noqa: T201 - this is its answer


if __name__ == "__main__":
    main()
