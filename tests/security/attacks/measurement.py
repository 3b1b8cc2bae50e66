"""A measured attack, and the servers against which it runs."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.support.databases import scratch
from tests.support.live_server import GUNICORN, UVICORN, Server, serving

SERVERS = {"uvicorn": UVICORN, "gunicorn": GUNICORN}
# Requests that one client network sends without being limited are part of the attacks.
ENVIRONMENT = {"RATE_LIMIT_ENABLED": "1"}


class Measurement(NamedTuple):
    """One row of the table: what an attack does, and what it achieves."""

    attack: str
    server: str
    unguarded: str  # without the guard, "" if it cannot be switched off
    guarded: str
    bound: str
    is_within_bound: bool


@contextmanager
def live_server(command: Sequence[str], **environment: str) -> Iterator[Server]:
    """Run a server on an empty PostgreSQL database for the duration of the block."""
    with TemporaryDirectory(prefix="cybermed-") as name, scratch("PostgreSQL") as url:
        media = str(Path(name) / "media")
        settings = {**ENVIRONMENT, "DATABASE_URL": url, "MEDIA_ROOT": media, **environment}
        with serving(Path(name), server=command, **settings) as server:
            yield server


def report(attack: str, text: str) -> None:
    """Write one line of progress."""
    sys.stderr.write(f"{attack}: {text}\n")
