"""Upload the files given as arguments; print by how many MB the process grew.

``--in-process`` is the negative control: images are decoded in the server process.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection

from users.avatars import image_processor
from users.avatars import services as avatars
from users.common.rate_limits import RateLimitExceeded
from users.models import User

AT_ONCE = 4
IN_PROCESS = "--in-process"


def peak() -> int:
    """Return the peak memory of this process since the last reset, in kB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


def reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def upload(file: str) -> None:
    """Upload a file, again after each rejection because another one is processed."""
    content = Path(file).read_bytes()
    while True:
        try:
            avatars.replace(User.objects.get(), SimpleUploadedFile("image", content))
        except RateLimitExceeded:
            time.sleep(0.05)  # another upload is being processed
        else:
            return
        finally:
            connection.close()


def main(arguments: Sequence[str]) -> None:
    call_command("migrate", verbosity=0)
    User.objects.create(email="ann@example.org", first_name="Ann", last_name="Example")
    files = [file for file in arguments if file != IN_PROCESS]
    if IN_PROCESS in arguments:
        avatars._encode = lambda _user, file: image_processor.encode(file.read())  # type: ignore[assignment,return-value]  # noqa: SLF001 - the negative control
    reset_peak()
    idle = peak()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(upload, files))
    print((peak() - idle) // 1024)  # noqa: T201 - read by the test
