"""A network namespace with a port that leads to a server, and that can stop answering."""

import ctypes
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.network_namespaces import NoNamespaces, ip, network_namespace

CLONE_NEWNET = 0x40000000
BUFFER = 64 * 1024


class Host:
    """The address of a machine whose answers can get lost. ``ours`` is our address beside it."""

    def __init__(self, name: str, ours: str, listener: socket.socket) -> None:
        self._name, self._ours = name, ours
        self.address, self.port = listener.getsockname()

    @contextmanager
    def black_holed(self) -> Iterator[None]:
        """Drop all answers, so that connections time out instead of being refused."""
        ip("-n", self._name, "route", "add", "blackhole", f"{self._ours}/32")
        try:
            yield
        finally:
            ip("-n", self._name, "route", "del", f"{self._ours}/32")


@contextmanager
def host_in_front_of(port: int) -> Iterator[Host]:
    """Yield a host in a namespace, which passes connections on to a port of loopback."""
    with (
        network_namespace() as namespace,
        _listening_in(namespace.name, namespace.far) as listener,
    ):
        threading.Thread(target=_accept, args=(listener, port), daemon=True).start()
        yield Host(namespace.name, namespace.near, listener)


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
