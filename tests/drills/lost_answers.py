"""One ``idempotencyKey`` on two servers: sent twenty times at once, and after lost answers."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.contract.documents import document_of
from tests.drills.clients import send
from tests.drills.clinic import LIMITS, Clinic, clinic
from tests.drills.result import Result
from tests.support.database_servers import SERVER_TYPES, not_installed
from tests.support.live_server import GUNICORN, serving
from tests.support.processes import run

AT_ONCE = 20
BOUND = "one appointment for each key, and each answer the same"
# More than any request takes.
LIMIT_SECONDS = 60
# A client closes the connection so long after it has sent the request: before, while and after the
# server handles it.
LOST_AFTER_SECONDS = (0.0, 0.005, 0.01, 0.02, 0.05)


def measure(seconds: int) -> list[Result]:
    """Run the drill; half of ``seconds`` for either part."""
    return [result for database in SERVER_TYPES for result in _measure(database, seconds)]


def _measure(database: str, seconds: int) -> list[Result]:
    if reason := not_installed(database):
        return [Result(f"one key, {database}", reason, BOUND, passed=False)]
    with (
        clinic(database, 1, WEB_CONCURRENCY="2") as first,
        serving(first.folder, server=GUNICORN, DATABASE_URL=first.database, **LIMITS) as second,
    ):
        urls = [first.url, f"http://{second.address}/graphql/"]
        bookings = _bookings(first)
        together = _together(urls, bookings, first, seconds / 2)
        lost = _lost(urls, bookings, first, seconds / 2)
        stored = json.loads(run("tests.drills.keys", DATABASE_URL=first.database))
    return [
        _result(f"one key x {AT_ONCE} on two servers, {database}", together, stored),
        _result(f"lost answers, one key, two servers, {database}", lost, stored),
    ]


def _bookings(running: Clinic) -> Iterator[dict[str, str]]:
    """Yield bookings with a key of their own, of a slot of their own."""
    for number, slot in zip(count(), running.people.slots, strict=False):
        yield {"doctorId": running.doctors[0], "idempotencyKey": f"key {number}", **slot}


def _together(
    urls: list[str], bookings: Iterator[dict[str, str]], running: Clinic, seconds: float
) -> dict[str, list[Any]]:
    """Send each booking twenty times at once; return the answers by key."""
    answers: dict[str, list[Any]] = {}
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(AT_ONCE) as pool, _client(running) as http:
        while not answers or time.monotonic() < deadline:
            booking = next(bookings)
            start = threading.Barrier(AT_ONCE)

            def book(number: int, booking: dict[str, str] = booking, start: Any = start) -> Any:
                start.wait()
                return send(http, urls[number % 2], "CreateAppointment", {"input": booking})

            answers[booking["idempotencyKey"]] = [*pool.map(book, range(AT_ONCE))]
    return answers


def _lost(
    urls: list[str], bookings: Iterator[dict[str, str]], running: Clinic, seconds: float
) -> dict[str, list[Any]]:
    """Close the connection before the answer comes, and book again with the same key, twice."""
    answers: dict[str, list[Any]] = {}
    deadline = time.monotonic() + seconds
    with _client(running) as http:
        while len(answers) < len(LOST_AFTER_SECONDS) or time.monotonic() < deadline:
            booking = next(bookings)
            pause = LOST_AFTER_SECONDS[len(answers) % len(LOST_AFTER_SECONDS)]
            _send_and_close(urls[0], running.people.patients[0]["token"], booking, pause)
            answers[booking["idempotencyKey"]] = [
                send(http, url, "CreateAppointment", {"input": booking}) for url in reversed(urls)
            ]
    return answers


def _send_and_close(url: str, token: str, booking: dict[str, str], pause: float) -> None:
    parts = urlsplit(url)
    body = {"query": document_of("CreateAppointment"), "variables": {"input": booking}}
    content = json.dumps(body).encode()
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: JWT {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 80)) as connection:
        connection.sendall(head.encode() + content)
        time.sleep(pause)  # the answer is lost at another moment each time


@contextmanager
def _client(running: Clinic) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"JWT {running.people.patients[0]['token']}"}
    limits = httpx.Limits(max_connections=None)
    with httpx.Client(headers=headers, timeout=LIMIT_SECONDS, limits=limits) as http:
        yield http


def _result(drill: str, answers: dict[str, list[Any]], stored: dict[str, int]) -> Result:
    """``stored``: how many appointments there are of each slot, by "date time"."""
    booked = [key for key, found in answers.items() if found[0] and "id" in found[0]]
    different = [key for key, found in answers.items() if any(each != found[0] for each in found)]
    twice = sum(number > 1 for number in stored.values())
    return Result(
        drill,
        f"{len(answers)} keys, {len(booked)} booked, {len(different)} with different answers; "
        f"{twice} slots with several appointments",
        BOUND,
        passed=len(booked) == len(answers) and not different and not twice,
    )
