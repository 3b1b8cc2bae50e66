"""The disk of uploaded pictures, then that of an SQLite database, is full and has space again."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.drills.clients import (
    COUNT,
    Clients,
    People,
    graphql_url,
    outcomes,
    slowest,
    wrong_state,
)
from tests.drills.clinic import LIMITS, clinic
from tests.drills.result import Result
from tests.support.live_accounts import Actor
from tests.support.live_server import GUNICORN, Server, serving
from tests.support.pictures import halves, saved

PICTURES = "disk of pictures full"
DATABASE = "disk of SQLite full"
PICTURES_BOUND = "uploads SERVICE_UNAVAILABLE, bookings and /readyz as ever; uploads afterwards"
DATABASE_BOUND = "SERVICE_UNAVAILABLE, /readyz unavailable, 0 lost, 0 doubled; booked afterwards"
MEGABYTES = 8
WARM_UP_SECONDS = 2
AFTERWARDS_SECONDS = 3
LEFT_OUT = "left out: no file system can be mounted here"


def measure(seconds: int) -> list[Result]:
    """Run the drill; ``seconds`` is how long the disk is full."""
    with TemporaryDirectory(prefix="cybermed-") as name:
        try:
            with _mounted(Path(name)):
                pass
        except subprocess.CalledProcessError:
            return [
                Result(PICTURES, LEFT_OUT, PICTURES_BOUND, passed=True),
                Result(DATABASE, LEFT_OUT, DATABASE_BOUND, passed=True),
            ]
        with _mounted(Path(name)):
            pictures = _pictures(Path(name))
        with _mounted(Path(name)):
            return [pictures, _database(Path(name), seconds)]


@contextmanager
def _mounted(folder: Path) -> Iterator[None]:
    """Mount a small file system of its own on the folder."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    subprocess.run(mount, check=True, capture_output=True)  # noqa: S603 - our own command
    try:
        yield
    finally:
        # Lazily: a process that ends can still have a file open.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607 - our own command


@contextmanager
def _full(folder: Path) -> Iterator[None]:
    """Fill the file system of the folder for the duration of the block."""
    path = folder / "filling"
    try:
        for size in (64 * 1024, 1):
            with suppress(OSError), path.open("ab", buffering=0) as file:
                while True:
                    file.write(b" " * size)
        yield
    finally:
        path.unlink()


def _pictures(folder: Path) -> Result:
    with clinic("PostgreSQL", 1, MEDIA_ROOT=str(folder)) as running:
        server = running.server
        doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
        picture = saved(halves(), "JPEG")
        first = ann.upload_avatar(picture)["data"]["uploadAvatar"]["avatarUrl"]
        with _full(folder):
            code = ann.upload_avatar(picture)["errors"][0]["extensions"]["code"]
            booked = ann.book(doctor, "09:00")["__typename"]
            ready = _readiness(server)
            kept = ann.send("Me")["avatarUrl"]
        later = ann.upload_avatar(picture)["data"]["uploadAvatar"]["avatarUrl"]
    found = (code, booked, ready, kept == first, later != first)
    return Result(
        PICTURES,
        f"upload {code}, booking {booked}, /readyz {ready}; former picture kept: {kept == first}, "
        f"new one afterwards: {later != first}",
        PICTURES_BOUND,
        passed=found == ("SERVICE_UNAVAILABLE", "Appointment", "ok", True, True),
    )


def _database(folder: Path, seconds: int) -> Result:
    url = f"sqlite:///{folder / 'db.sqlite3'}"
    people = People.create(url, COUNT)
    with serving(folder, server=GUNICORN, **LIMITS) as server:
        clients = Clients(
            [graphql_url(server)], people.patients, people.slots, people.doctors[0]["id"]
        )
        with clients.sending():
            time.sleep(WARM_UP_SECONDS)  # clients book before the failure
            with _full(folder):
                begin = time.monotonic()
                time.sleep(seconds)  # the drill
                ready = _readiness(server)
                end = time.monotonic()
            time.sleep(AFTERWARDS_SECONDS)  # clients book after the failure
            ready_later = _readiness(server)
    lost, doubled = wrong_state(url, clients.acknowledged)
    meanwhile = clients.during(begin, end)
    afterwards = outcomes(clients.during(end + 1, time.monotonic()))
    return Result(
        f"{DATABASE} for {seconds} s",
        f"{outcomes(meanwhile)}, {slowest(meanwhile)}, /readyz {ready}; afterwards {afterwards}, "
        f"/readyz {ready_later}; {lost} lost, {doubled} doubled",
        DATABASE_BOUND,
        # Some are stored in what SQLite's files have left. None of these is lost.
        passed=outcomes(meanwhile).keys() <= {"SERVICE_UNAVAILABLE", "booked"}
        and "SERVICE_UNAVAILABLE" in outcomes(meanwhile)
        and afterwards.keys() == {"booked"}
        and (ready, ready_later, lost, doubled) == ("unavailable", "ok", 0, 0),
    )


def _readiness(server: Server) -> str:
    return str(server.http.get("/readyz").json()["database"])
