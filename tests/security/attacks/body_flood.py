"""A form of 100 MB for the admin: how much of it the server writes."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tests.security.attacks.measurement import SERVERS, Measurement, live_server, report
from tests.support.live_server import Server

MB = 1024 * 1024
SIZE = 100 * MB
BLOCK = bytes(MB)
BOUND = 6
PART = (
    b"--x\r\nContent-Disposition: form-data; name=a; filename=a\r\n"
    b"Content-Type: application/octet-stream\r\n\r\n"
)
HEAD = (
    "POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\n"
    "Content-Type: multipart/form-data; boundary=x"
)
UNLIMITED = ("config.wsgi", "config.wsgi:django_application")


def measure() -> Iterator[Measurement]:
    for name, command in SERVERS.items():
        for length in ("declared", "chunked"):
            unguarded = None
            if (name, length) == ("gunicorn", "declared"):
                old, new = UNLIMITED
                unguarded = _attack([new if part == old else part for part in command], length)
            written, status = _attack(command, length)
            report("body_flood", f"{name}, {length}: {written:.1f} MB written, status {status}")
            yield Measurement(
                f"A form of {SIZE // MB} MB to `/admin/login/`, {length} length",
                name,
                f"{unguarded[0]:.0f} MB written, then {unguarded[1]}" if unguarded else "",
                f"{written:.1f} MB written, then {status}",
                f"{BOUND} MB",
                written <= BOUND + 1 and status == "413",
            )


def _attack(command: Sequence[str], length: str) -> tuple[float, str]:
    """Return the megabytes that the server wrote while it got the form, and the status."""
    with live_server(command) as server:
        before = _written(server)
        status = _send(server, length)
        return (_written(server) - before) / MB, status


def _send(server: Server, length: str) -> str:
    """Send the form until the server responds or closes the connection; return the status."""
    host, _, port = server.address.partition(":")
    declared = f"Content-Length: {SIZE}" if length == "declared" else "Transfer-Encoding: chunked"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{HEAD}\r\n{declared}\r\n\r\n".encode())
        with suppress(BrokenPipeError, ConnectionResetError):
            sent = 0
            while sent < SIZE:
                block = (PART + BLOCK if sent == 0 else BLOCK)[: SIZE - sent]
                sent += len(block)
                if length == "chunked":
                    block = b"%x\r\n%s\r\n" % (len(block), block)
                connection.sendall(block)
            if length == "chunked":
                connection.sendall(b"0\r\n\r\n")
        with suppress(ConnectionResetError):
            return connection.recv(4096).decode().split()[1]
    return "no response"


def _written(server: Server) -> int:
    """Return the bytes that the processes of the server have written so far."""
    return sum(_written_by(pid) for pid in _processes(server.process.pid))


def _processes(pid: int) -> Iterator[int]:
    yield pid
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text(encoding="ascii").split():
            yield from _processes(int(child))


def _written_by(pid: int) -> int:
    lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    counts = dict(line.split(": ") for line in lines)
    return int(counts["wchar"])
