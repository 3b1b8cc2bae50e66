"""Clients that book and cancel while something fails, and what they were answered."""

import itertools
import json
import math
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

import httpx

from tests.contract.documents import document_of
from tests.drills.threads import running
from tests.support.live_server import ENVIRONMENT, Server
from tests.support.processes import run

COUNT = 8
# After a request that failed. Without it, clients would send thousands in a second to a server
# that rejects them, and it would have no time for others.
PAUSE_SECONDS = 0.02
# Longer than any wait that the server has a bound for.
CLIENT_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Attempt:
    """A booking: when it was sent, how long the answer took, and what it was.

    ``outcome`` is ``booked``, a code, or ``lost`` if the connection broke.
    """

    sent_at: float
    seconds: float
    outcome: str


class People(NamedTuple):
    """Accounts with access tokens and profile IDs, and the open slots of the first doctor."""

    doctors: list[dict[str, str]]
    patients: list[dict[str, str]]
    slots: list[dict[str, str]]

    @classmethod
    def create(cls, database: str, patients: int) -> "People":
        return cls(
            **json.loads(
                run(
                    "tests.races.http_participants",
                    str(patients),
                    DATABASE_URL=database,
                    **ENVIRONMENT,
                )
            )
        )


@dataclass(slots=True)
class Clients:
    """Bookings of patients, each of a slot of its own, which it cancels again.

    They are sent to ``url``, or to each of several in turn; ``pause`` is in seconds, after a
    request that failed.
    """

    urls: Sequence[str]
    patients: list[dict[str, str]]
    slots: list[dict[str, str]]
    doctor: str
    # Of the idempotency keys: other clients can book for the same patients.
    key_prefix: str = ""
    pause: float = PAUSE_SECONDS
    verify: ssl.SSLContext | bool = True
    attempts: list[Attempt] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def prepare(cls, server: Server, database: str) -> "Clients":
        """Create ``COUNT`` patients in the database of the server."""
        people = People.create(database, COUNT)
        return cls([graphql_url(server)], people.patients, people.slots, people.doctors[0]["id"])

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send requests for the duration of the block."""
        threads = [
            threading.Thread(target=self._book, args=(n,)) for n, _ in enumerate(self.patients)
        ]
        with running(threads, self._stopped):
            yield

    def during(self, start: float, end: float) -> list[Attempt]:
        """Return the attempts that were sent in this time (``time.monotonic()``)."""
        return during(self.attempts, start, end)

    def _book(self, number: int) -> None:
        headers = {"Authorization": f"JWT {self.patients[number]['token']}"}
        with httpx.Client(
            headers=headers, timeout=CLIENT_TIMEOUT_SECONDS, verify=self.verify
        ) as http:
            for attempt in itertools.count():
                url = self.urls[attempt % len(self.urls)]
                booking = {"doctorId": self.doctor, **self.slots[number]}
                key = f"{self.key_prefix}{number}-{attempt}"
                appointment = self._until_answered(http, url, {**booking, "idempotencyKey": key})
                while appointment and not self._stopped.is_set():
                    canceled = send(http, url, "CancelAppointment", {"input": {"id": appointment}})
                    # Canceled already, if the answer to the first request was lost.
                    if canceled and ("id" in canceled or code_of(canceled) == "invalid_transition"):
                        break
                    self._stopped.wait(self.pause)
                if self._stopped.is_set():
                    return

    def _until_answered(self, http: httpx.Client, url: str, booking: dict[str, str]) -> str | None:
        """Book, again with the same key while no answer arrives; return the appointment's id."""
        while not self._stopped.is_set():
            sent_at = time.monotonic()
            answer = send(http, url, "CreateAppointment", {"input": booking})
            seconds = time.monotonic() - sent_at
            outcome = "lost" if answer is None else "booked" if "id" in answer else code_of(answer)
            self.attempts.append(Attempt(sent_at, seconds, outcome))
            if answer is not None and outcome == "booked":
                self.acknowledged.append(answer["id"])
                return str(answer["id"])
            self._stopped.wait(self.pause)
        return None


def graphql_url(server: Server) -> str:
    return f"http://{server.address}/graphql/"


def send(http: httpx.Client, url: str, name: str, variables: dict[str, Any]) -> Any:
    """Return the operation's value, {} for null, or its error; None if no answer arrived."""
    body = {"query": document_of(name), "variables": variables}
    try:
        answer = http.post(url, json=body).json()
    except httpx.TransportError:
        return None
    if answer.get("data"):
        [value] = answer["data"].values()
        return value or (answer["errors"][0]["extensions"] if "errors" in answer else {})
    return answer["errors"][0]["extensions"]


def code_of(answer: dict[str, Any]) -> str:
    """Return the code of a domain error, or of a GraphQL error."""
    return str(answer.get("code") or answer["messages"][0]["code"])


def percentile(attempts: list[Attempt], percent: int) -> float:
    """Return the time within which so many of the attempts were answered, in seconds.

    Infinite without attempts.
    """
    times = sorted(each.seconds for each in attempts) or [math.inf]
    return times[min(len(times) - 1, len(times) * percent // 100)]


def during(attempts: list[Attempt], start: float, end: float) -> list[Attempt]:
    """Return the attempts that were sent in this time (``time.monotonic()``)."""
    return [each for each in attempts if start <= each.sent_at < end]


def slowest(attempts: list[Attempt]) -> str:
    """Return the time in which 99 of 100 were answered, and the longest, as text."""
    return f"p99 {percentile(attempts, 99):.3f} s, max {percentile(attempts, 100):.3f} s"


def outcomes(attempts: list[Attempt]) -> dict[str, int]:
    """Return how often each outcome occurred."""
    return dict(sorted(Counter(each.outcome for each in attempts).items()))


def wrong_state(database: str, acknowledged: list[str]) -> tuple[int, int]:
    """Return how many acknowledged bookings are not stored, and how many slots are taken twice."""
    # In a file: there can be more than a command line may have.
    with NamedTemporaryFile("w", prefix="cybermed-", suffix=".json") as file:
        json.dump(acknowledged, file)
        file.flush()
        answer = json.loads(run("tests.drills.state", file.name, DATABASE_URL=database))
    return answer["lost"], answer["doubled"]
