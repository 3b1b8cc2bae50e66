"""Ten pictures of 25 megapixels at once, again and again: how long the others wait."""

import itertools
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from threading import Event
from typing import NamedTuple

import httpx

from tests.contract.documents import document_of
from tests.security.attacks.measurement import SERVERS, Measurement, live_server, report
from tests.support.live_accounts import Actor
from tests.support.live_server import Server
from tests.support.pictures import png

ATTACKERS = 10
ROUNDS, SECONDS = 3, 10  # each round: some seconds without the attack, then some with it
# The readers and the attackers share a client network here; its limit is not what is measured.
ENVIRONMENT = {"RATE_LIMIT_ENABLED": "0"}
PAUSE = 0.05  # seconds between two requests of a reader
READERS = 2
QUEUEING = {
    "uvicorn": ("config.asgi:application", "tests.security.attacks.queueing:asgi"),
    "gunicorn": ("config.wsgi", "tests.security.attacks.queueing:wsgi"),
}


class Waits(NamedTuple):
    """The 99th percentile of the others' response times in milliseconds, and the worst of all."""

    usual: float
    attacked: float
    longest: float
    failures: int


def measure() -> Iterator[Measurement]:
    picture = png(5000, 5000, rows=5000)
    for name, command in SERVERS.items():
        old, new = QUEUEING[name]
        unguarded = _attack([new if part == old else part for part in command], picture)
        guarded = _attack(command, picture)
        report("pictures", f"{name}: {unguarded} with a queue, {guarded}")
        yield Measurement(
            f"{ATTACKERS} uploads of 25 megapixels at once, every {SECONDS} s",
            name,
            _text(unguarded),
            _text(guarded),
            "p99 under twice the usual",
            guarded.attacked < 2 * guarded.usual and not guarded.failures,
        )


def _text(waits: Waits) -> str:
    failures = f", {waits.failures} failed" if waits.failures else ""
    return (
        f"p99 {waits.attacked:.0f} ms (usual {waits.usual:.0f} ms), "
        f"longest {waits.longest:.0f} ms{failures}"
    )


def _attack(command: Sequence[str], picture: bytes) -> Waits:
    with (
        live_server(command, **ENVIRONMENT) as server,
        ThreadPoolExecutor(ATTACKERS + READERS) as threads,
    ):
        attackers = [Actor(server, "PATIENT") for _ in range(ATTACKERS)]
        reader = Actor(server, "PATIENT")
        usual: list[float] = []
        attacked: list[float] = []
        _read_for(SECONDS, server, reader, threads)  # the server's caches are filled
        for _ in range(ROUNDS):
            usual += _read_for(SECONDS, server, reader, threads)
            uploads = [threads.submit(actor.upload_avatar, picture) for actor in attackers]
            attacked += _read_for(SECONDS, server, reader, threads)
            for upload in uploads:
                upload.result()
    answered = [seconds for seconds in attacked if seconds >= 0]
    return Waits(_p99(usual), _p99(answered), 1000 * max(answered), len(attacked) - len(answered))


def _read_for(
    seconds: float, server: Server, reader: Actor, threads: ThreadPoolExecutor
) -> list[float]:
    """Return the response times of readers for ``seconds``; -1 for a request that failed."""
    over = Event()
    reading = [threads.submit(_read, server, reader, over) for _ in range(READERS)]
    time.sleep(seconds)  # the readers send requests in the meantime
    over.set()
    return list(itertools.chain.from_iterable(times.result() for times in reading))


def _read(server: Server, reader: Actor, over: Event) -> list[float]:
    headers = {"Authorization": f"JWT {reader.token}"}
    times = []
    with httpx.Client(base_url=f"http://{server.address}", timeout=60, headers=headers) as client:
        while not over.wait(PAUSE):
            started = time.monotonic()
            answer = client.post("/graphql/", json={"query": document_of("Me")}).json()
            took = time.monotonic() - started
            times.append(-1 if "errors" in answer else took)
    return times


def _p99(seconds: list[float]) -> float:
    return 1000 * quantiles(seconds, n=100)[-1]
