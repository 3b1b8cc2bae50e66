"""A server restarts under 400 subscribers, and 1,000 subscriptions receive one change."""

import asyncio
import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.contract.documents import document_of
from tests.drills.live_client import LiveClient
from tests.drills.result import Result, report
from tests.support.databases import scratch
from tests.support.live_server import (
    ENVIRONMENT,
    GUNICORN,
    Server,
    reserved_port,
    serving,
    serving_on,
)
from tests.support.processes import run
from tests.support.redis_server import Redis, running_redis

SOCKETS_OF_ACCOUNT = 5  # as many as an account can have
RESTARTED = 400
LIVE_SECONDS = 10
# Accounts, and subscriptions on each of their sockets: 1,000 subscriptions.
CROWDS = ((20, 10), (200, 1))
CHANGES = 10
CHANGE_SECONDS = 1.0
CHANGE_CPU_SECONDS = 1.0
SETTLE_SECONDS = 30
BOUNDS = (
    f"all live in {LIVE_SECONDS} s, 0 changes missed, 0 keys left in Redis",
    f"each within {CHANGE_SECONDS} s and {CHANGE_CPU_SECONDS} CPU s",
)


@dataclass(slots=True)
class Changes:
    """Appointments that are moved between two times each."""

    server: Server
    patients: list[dict[str, str]]
    slots: list[dict[str, str]]
    doctor: dict[str, str]
    # The last acknowledged state of each appointment.
    states: dict[str, Any] = field(default_factory=dict)
    _booked: dict[int, str] = field(default_factory=dict)
    _made: int = 0

    async def make(self, http: httpx.AsyncClient) -> None:
        """Book the appointment of the next patient, or move it to the other time."""
        patient, turn = self._made % len(self.patients), self._made // len(self.patients)
        self._made += 1
        slot = self.slots[2 * patient + turn % 2]
        token = self.patients[patient]["token"]
        name, input_ = "CreateAppointment", {"doctorId": self.doctor["id"], **slot}
        if booked := self._booked.get(patient):
            # By the doctor: patients can move an appointment 10 times a day.
            token = self.doctor["token"]
            name, input_ = "RescheduleAppointment", {"id": booked, **slot}
        headers = {"Authorization": f"Bearer {token}"}
        body = {"query": document_of(name), "variables": {"input": input_}}
        answer = (await http.post("/graphql/", json=body, headers=headers)).json()
        [appointment] = answer["data"].values()
        self._booked[patient] = appointment["id"]
        state = {key: appointment[key] for key in ("id", "date", "time", "status")}
        self.states[appointment["id"]] = state


def measure(_seconds: int) -> list[Result]:
    """Run the drill."""
    if shutil.which("redis-server") is None:
        return [Result("Live updates", "redis-server is not installed", BOUNDS[0], passed=False)]
    with (
        TemporaryDirectory(prefix="cybermed-") as name,
        scratch("PostgreSQL") as database,
        running_redis(Path(name)) as redis,
    ):
        settings = {
            "DATABASE_URL": database,
            "CACHE_URL": f"{redis.url[:-1]}1",
            "REDIS_URL": redis.url,
            "RATE_LIMIT_ENABLED": "1",
            # All clients have one address.
            "MAX_COST_PER_MINUTE": str(10**9),
        }
        with serving(Path(name), server=GUNICORN, **settings) as http:
            people = json.loads(
                run("tests.races.http_participants", "4", DATABASE_URL=database, **ENVIRONMENT)
            )
            count = max(RESTARTED // SOCKETS_OF_ACCOUNT, *(accounts for accounts, _n in CROWDS))
            tokens = json.loads(
                run("tests.drills.live_accounts", str(count), DATABASE_URL=database, **ENVIRONMENT)
            )
            changes = Changes(http, people["patients"], people["slots"], people["doctors"][0])
            with reserved_port() as port:

                def websockets() -> Any:
                    return serving_on(port, Path(name), settings)

                restart = asyncio.run(_restart(changes, tokens, port, websockets, redis))
                crowds = [
                    asyncio.run(_crowd(changes, tokens[:accounts], number, port, websockets))
                    for accounts, number in CROWDS
                ]
    return [restart, *crowds]


@asynccontextmanager
async def _connected(changes: Changes, port: int, tokens: list[str], number: int) -> Any:
    """Yield clients of each account that connect at once, and the HTTP client."""
    async with httpx.AsyncClient(
        base_url=f"http://{changes.server.address}",
        timeout=60,
        limits=httpx.Limits(max_connections=20),
    ) as http:
        clients = [
            LiveClient(f"127.0.0.1:{port}", http, token, number)
            for token in tokens
            for _socket in range(SOCKETS_OF_ACCOUNT)
        ]
        running = [asyncio.create_task(client.run()) for client in clients]
        try:
            yield clients, http
        finally:
            for task in running:
                task.cancel()
            for task in running:
                with suppress(asyncio.CancelledError):
                    await task


async def _until(condition: Callable[[], bool], seconds: float) -> float:
    """Return the seconds until the condition holds, at most ``seconds``."""
    begin = time.monotonic()
    while not condition() and time.monotonic() < begin + seconds:
        await asyncio.sleep(0.005)  # the clients share this event loop
    return time.monotonic() - begin


async def _restart(
    changes: Changes, tokens: list[str], port: int, websockets: Callable[[], Any], redis: Redis
) -> Result:
    tokens = tokens[: RESTARTED // SOCKETS_OF_ACCOUNT]
    server = websockets()
    await asyncio.to_thread(server.__enter__)
    async with _connected(changes, port, tokens, 1) as (clients, http):
        first = await _until(lambda: all(each.is_live.is_set() for each in clients), 60)
        report(f"{len(clients)} subscribers live after {first:.1f} s")
        changing = asyncio.create_task(_keep_changing(changes, http))
        await _until(lambda: all(each.events for each in clients), 60)
        stopping = asyncio.to_thread(server.__exit__, None, None, None)
        await stopping
        server = websockets()
        starting = time.monotonic()
        await asyncio.to_thread(server.__enter__)
        started = time.monotonic() - starting
        report(f"restarted in {started:.1f} s")
        again = await _until(lambda: all(each.is_live.is_set() for each in clients), 60)
        await _until(lambda: all(each.is_current.is_set() for each in clients), 120)
        waiting = sum(not each.is_current.is_set() for each in clients)
        changing.cancel()
        with suppress(asyncio.CancelledError):
            await changing
        await _until(lambda: not _missing(clients, changes), SETTLE_SECONDS)
        missing = _missing(clients, changes)
    await asyncio.to_thread(server.__exit__, None, None, None)
    report(f"restart: {missing} clients missed a change, {waiting} have not loaded the state")
    left = _left_in(redis)
    return Result(
        f"{len(clients)} subscribers, restart",
        f"live {first:.1f} s after connecting at once; restarted in {started:.1f} s, all live "
        f"{again:.1f} s later; {missing} clients missed a change; {left} keys left in Redis",
        BOUNDS[0],
        passed=not missing and not left,
        in_time=max(first, again) < LIVE_SECONDS,
    )


async def _keep_changing(changes: Changes, http: httpx.AsyncClient) -> None:
    while True:
        await asyncio.shield(asyncio.ensure_future(changes.make(http)))
        await asyncio.sleep(0.3)  # about three changes a second


def _missing(clients: list[LiveClient], changes: Changes) -> int:
    """Return how many clients do not know the last state of an appointment."""
    return sum(
        any(client.known.get(pk) != state for pk, state in changes.states.items())
        for client in clients
    )


def _left_in(redis: Redis) -> int:
    """Return the number of channels, and of keys of live updates and of places."""
    import redis as library  # noqa: PLC0415 - from requirements/redis.txt

    with library.Redis.from_url(redis.url) as updates:
        found = len(updates.pubsub_channels()) + len(updates.keys())
    with library.Redis.from_url(f"{redis.url[:-1]}1") as cache:
        return found + len(cache.keys("*place:*"))


async def _crowd(
    changes: Changes, tokens: list[str], number: int, port: int, websockets: Callable[[], Any]
) -> Result:
    server = websockets()
    running: Server = await asyncio.to_thread(server.__enter__)
    async with _connected(changes, port, tokens, number) as (clients, http):
        await _until(lambda: all(each.is_current.is_set() for each in clients), 60)
        report(f"{len(clients)} sockets are connected")
        seconds, cpu = [], []
        for _change in range(CHANGES):
            before, events = _cpu_seconds(running.process.pid), sum(each.events for each in clients)
            expected = events + len(clients) * number
            begin = time.monotonic()
            await changes.make(http)
            await _until(lambda: sum(each.events for each in clients) >= expected, 10)  # noqa: B023 - called at once
            seconds.append(time.monotonic() - begin)
            cpu.append(_cpu_seconds(running.process.pid) - before)
    await asyncio.to_thread(server.__exit__, None, None, None)
    return Result(
        f"{len(clients) * number:,} subscriptions, {len(tokens)} accounts, {len(clients)} sockets",
        f"{CHANGES} changes: each received by all within {min(seconds):.2f} to "
        f"{max(seconds):.2f} s; server {min(cpu):.2f} to {max(cpu):.2f} CPU s",
        BOUNDS[1],
        passed=sum(each.events for each in clients) >= CHANGES * len(clients) * number,
        in_time=max(seconds) <= CHANGE_SECONDS and max(cpu) <= CHANGE_CPU_SECONDS,
    )


def _cpu_seconds(pid: int) -> float:
    """Return the computing time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
