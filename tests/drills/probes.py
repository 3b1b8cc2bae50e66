"""Probes of a server, one after the other, while something else happens to it."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.contract.documents import document_of
from tests.drills.clients import Attempt, during
from tests.support.live_server import Server

INTERVAL_SECONDS = 0.05
TIMEOUT_SECONDS = 30


@dataclass(slots=True)
class Probe:
    """GET requests of one path, or operations. The outcome of each is its status, or ``lost``."""

    url: str
    operation: dict[str, str] | None = None
    # The outcome of a response is this entry of its JSON instead.
    key: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    verify: ssl.SSLContext | bool = True
    attempts: list[Attempt] = field(default_factory=list)

    @classmethod
    def of(cls, server: Server, path: str) -> "Probe":
        return cls(f"http://{server.address}{path}")

    @classmethod
    def of_database(cls, server: Server) -> "Probe":
        """Return a probe of what ``/readyz`` says about the database: ``ok`` or ``unavailable``.

        Its status is 503 in the drills: they collect no static files.
        """
        return cls(f"http://{server.address}/readyz", key="database")

    @classmethod
    def reading(cls, url: str, token: str, *, verify: ssl.SSLContext | bool = True) -> "Probe":
        """Return a probe that reads the account of a token by the API."""
        # With it the status says whether there are errors.
        accept = "application/graphql-response+json"
        headers = {"Authorization": f"JWT {token}", "Accept": accept}
        return cls(url, {"query": document_of("Me")}, headers=headers, verify=verify)

    def during(self, start: float, end: float) -> list[Attempt]:
        """Return the probes that were sent in this time (``time.monotonic()``)."""
        return during(self.attempts, start, end)

    @contextmanager
    def sending(self, interval: float = INTERVAL_SECONDS) -> Iterator[None]:
        """Send probes for the duration of the block."""
        stopped = threading.Event()
        thread = threading.Thread(target=self._send, args=(stopped, interval))
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()

    def _send(self, stopped: threading.Event, interval: float) -> None:
        # A connection for each, as a load balancer's.
        limits = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(
            headers=self.headers, timeout=TIMEOUT_SECONDS, limits=limits, verify=self.verify
        ) as http:
            while not stopped.wait(interval):
                self.attempts.append(self._probe(http))

    def _probe(self, http: httpx.Client) -> Attempt:
        sent_at = time.monotonic()
        try:
            method = "POST" if self.operation else "GET"
            response = http.request(method, self.url, json=self.operation)
            outcome = str(response.json()[self.key] if self.key else response.status_code)
        except httpx.TransportError:
            outcome = "lost"
        return Attempt(sent_at, time.monotonic() - sent_at, outcome)
