"""Two hundred clients each send headers or bodies slowly, or do not read, through nginx."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Thread

from tests.drills.clients import outcomes, percentile, slowest
from tests.drills.probes import Probe
from tests.drills.result import Result
from tests.drills.site import started_site
from tests.production import proxy
from tests.production.files import ROOT
from tests.production.site import Site, missing_program

# Of each kind. In a run of less than 30 seconds few of all kinds at once.
COUNT, FEW = 200, 20
# nginx accepts 100 connections of one client IP: the clients have several, all of loopback.
CLIENTS_OF_AN_IP = 50
DROPPED_SECONDS = 30
LIMIT_SECONDS = 120
BOUND = f"others answered, p99 < 1 s; all dropped, in <= {DROPPED_SECONDS} s"
STATIC = ROOT / "static-collected"
HOST = f"Host: {proxy.NAME}\r\n"
# Of the largest static file: more than fits between nginx and a client that does not read.
REQUESTS = 64
READ_BUFFER = 4096
# With less, the system passes on a few bytes at a time, and nginx sees a client that reads.
RECEIVE_BUFFER = 64 * 1024

Slow = Callable[[asyncio.StreamWriter], Awaitable[object]]


async def _headers(writer: asyncio.StreamWriter) -> None:
    """Send one header a second, and never the last."""
    writer.write(f"POST /graphql/ HTTP/1.1\r\n{HOST}".encode())
    for number in range(LIMIT_SECONDS):
        writer.write(f"X-Slow-{number}: 1\r\n".encode())
        await writer.drain()
        await asyncio.sleep(1)  # this is what the drill is about


async def _body(writer: asyncio.StreamWriter) -> None:
    """Send the beginning of a body, and no more."""
    head = f"POST /graphql/ HTTP/1.1\r\n{HOST}Content-Type: application/json\r\n"
    writer.write(f'{head}Content-Length: 1000\r\n\r\n{{"query": "'.encode())
    await writer.drain()


async def _reading(writer: asyncio.StreamWriter) -> None:
    """Ask for a large file again and again, and read nothing of it."""
    path = _largest_file().relative_to(STATIC)
    for _ in range(REQUESTS):
        writer.write(f"GET /static/{path} HTTP/1.1\r\n{HOST}\r\n".encode())
    await writer.drain()


@cache
def _largest_file() -> Path:
    """Return the collected file with the most bytes; their names contain hashes."""
    files = (path for path in STATIC.rglob("*") if path.is_file() and path.suffix != ".gz")
    return max(files, key=lambda path: path.stat().st_size)


KINDS: dict[str, Slow] = {"headers": _headers, "bodies": _body, "readers": _reading}


def measure(seconds: int) -> list[Result]:
    """Run the drill. How long it takes depends on the server."""
    if reason := missing_program():
        return [Result("slow clients", reason, BOUND, passed=False)]
    is_full = seconds >= DROPPED_SECONDS
    groups = [[kind] for kind in KINDS] if is_full else [[*KINDS]]
    with started_site() as (site, token):
        return [_measure(site, token, kinds, COUNT if is_full else FEW) for kinds in groups]


def _measure(site: Site, token: str, kinds: list[str], count: int) -> Result:
    others = Probe.reading(f"{site.url}/graphql/", token, verify=site.tls)
    opened: list[str] = []
    slow = Thread(target=lambda: asyncio.run(_send_slowly(site, kinds, count, opened)), daemon=True)
    with others.sending():
        slow.start()
        dropped = _wait_until_dropped(site.ports[443], opened, count * len(kinds))
    answers = outcomes(others.attempts)
    return Result(
        f"{count} slow {', '.join(kinds)} each, through nginx",
        f"{len(opened)} opened, all dropped within {dropped:.0f} s; others {answers}, "
        f"{slowest(others.attempts)}",
        BOUND,
        passed=answers.keys() == {"200"} and dropped < LIMIT_SECONDS,
        in_time=percentile(others.attempts, 99) < 1 and dropped <= DROPPED_SECONDS,
    )


async def _send_slowly(site: Site, kinds: list[str], count: int, opened: list[str]) -> None:
    async def connect(kind: str, number: int) -> None:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        connection.settimeout(0)  # asyncio waits for it
        connection.bind((f"127.0.1.{1 + number // CLIENTS_OF_AN_IP}", 0))
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", site.ports[443]))
        reader, writer = await asyncio.open_connection(
            sock=connection,
            ssl=site.tls,
            server_hostname=proxy.NAME,
            limit=READ_BUFFER,
            ssl_handshake_timeout=LIMIT_SECONDS,
        )
        opened.append(kind)
        with suppress(OSError):  # the server has closed the connection
            await KINDS[kind](writer)
            await asyncio.sleep(LIMIT_SECONDS)  # keeps it open: nginx is to close it
        del reader

    await asyncio.gather(*(connect(kind, n) for kind in kinds for n in range(count)))


def _wait_until_dropped(port: int, opened: list[str], count: int) -> float:
    """Return how many seconds after the last was opened nginx had closed all connections."""
    began = time.monotonic()
    while time.monotonic() - began < LIMIT_SECONDS:
        if len(opened) < count:
            last_opened = time.monotonic()
        elif _number_established(port) == 0:
            return time.monotonic() - last_opened
        time.sleep(0.1)  # the kernel's table has no event
    return LIMIT_SECONDS


def _number_established(port: int) -> int:
    """Return how many connections nginx has with the slow clients (127.0.1.x)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    # In hexadecimal: local address, remote address with the bytes in reverse, state.
    return sum(
        local.endswith(f":{port:04X}") and remote[2:8] == "01007F" and state == "01"
        for _, local, remote, state, *_ in rows
    )
