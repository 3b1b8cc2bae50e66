"""A network namespace with a port that leads to a server, and that can stop answering."""

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

CLONE_NEWNET = 0x40000000
BUFFER = 64 * 1024
# The kernel removes a network after the call that deletes it has returned: each has its own number.
NUMBERS = count()


class NoNamespaces(Exception):
    """Network namespaces cannot be created here."""


class Host:
    """The address of a machine whose answers can get lost. ``ours`` is our address beside it."""

    def __init__(self, name: str, ours: str, listener: socket.socket) -> None:
        self._name, self._ours = name, ours
        self.address, self.port = listener.getsockname()

    @contextmanager
    def black_holed(self) -> Iterator[None]:
        """Drop all answers, so that connections time out instead of being refused."""
        _ip("-n", self._name, "route", "add", "blackhole", f"{self._ours}/32")
        try:
            yield
        finally:
            _ip("-n", self._name, "route", "del", f"{self._ours}/32")


@contextmanager
def host_in_front_of(port: int) -> Iterator[Host]:
    """Yield a host in a namespace, which passes connections on to a port of loopback."""
    number = next(NUMBERS)
    name = f"drill-{os.getpid()}-{number}"
    ours, theirs = (f"{os.getpid() % 10**6}{side}{number}" for side in "ab")
    # 198.18.0.0/15 is reserved for measurements (RFC 2544).
    near, far = f"198.18.77.{4 * number + 1}", f"198.18.77.{4 * number + 2}"
    try:
        _ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoNamespaces from error
    try:
        try:
            _ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
            _ip("addr", "add", f"{near}/30", "dev", ours)
            _ip("link", "set", ours, "up")
            _ip("-n", name, "addr", "add", f"{far}/30", "dev", theirs)
            _ip("-n", name, "link", "set", theirs, "up")
        except subprocess.CalledProcessError as error:
            raise NoNamespaces from error
        with _listening_in(name, far) as listener:
            threading.Thread(target=_accept, args=(listener, port), daemon=True).start()
            yield Host(name, near, listener)
    finally:
        _ip("netns", "del", name)  # its end of the pair of devices goes with it, and so does ours


def _listening_in(name: str, address: str) -> socket.socket:
    """Return a socket that listens in the namespace; this thread is there no longer."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{name}", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if libc.setns(there, CLONE_NEWNET):
            raise NoNamespaces
        try:
            return socket.create_server((address, 0))
        finally:
            libc.setns(here, CLONE_NEWNET)
    finally:
        os.close(here)
        os.close(there)


def _accept(listener: socket.socket, port: int) -> None:
    with suppress(OSError):  # the listener was closed
        while True:
            client, _address = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=_pass_on, args=pair, daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(BUFFER):
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    source.close()


def _ip(*arguments: str) -> None:
    program = Path("/usr/sbin/ip")
    command = [str(program) if program.exists() else "ip", *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
