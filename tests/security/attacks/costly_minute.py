"""Measure the costliest minute that one account can ask for: CPU seconds of the server.

The account belongs to a doctor with 20,000 appointments, who is a patient too. Documents are
generated from root fields, arguments, selections and numbers of aliases. Each is run on a server
without rate limits to find the costliest ones. These are then sent for a minute each to a server
with rate limits, by many clients at the same time, until each of them is rejected.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from itertools import product
from pathlib import Path
from typing import Any

import httpx

from tests.security.attacks.measurement import Measurement, report
from tests.support.live_server import UVICORN, Server, serving
from tests.support.processes import ROOT

LIMIT_SECONDS = 6
MINUTE = 60
CLIENTS = 16
# Documents of which a whole minute is measured.
MEASURED = 5
ALIASES = (1, 15)
PERSON = "user { id firstName lastName email avatarUrl }"
APPOINTMENT = "id date time durationMinutes startsAt endsAt status reasonForVisit createdAt"
# Root fields with their arguments and selections.
FIELDS = {
    "doctors": (
        [
            "first: 10",
            "first: 20",
            "first: 45",
            "first: 100",
            'filters: {availableOn: "2030-01-02"}',
        ],
        [
            "totalCount",
            "edges { node { availableSlots(days: 92) { date } } }",
            "edges { node { availableSlots(days: 92) { startsAt endsAt } } }",
            "edges { node { availableSlots(days: 40) { startsAt } } }",
        ],
    ),
    "appointments": (
        ["first: 20", "first: 100", "last: 20"],
        [
            "totalCount",
            f"totalCount edges {{ node {{ {APPOINTMENT} }} }}",
            f"edges {{ node {{ id doctor {{ id {PERSON} }} patient {{ id {PERSON} }} }} }}",
        ],
    ),
    "patients": (
        ["first: 20", 'filters: {search: "e x a m p l e"}'],
        [f"totalCount edges {{ node {{ id {PERSON} }} }}"],
    ),
    "nextAvailable": (['specialty: "Cardiology", first: 100'], ["slot { startsAt } doctor { id }"]),
}
SINGLE = {
    "export": "{ exportMyData }",
    "exports": f"{{ {' '.join(f'e{n}: exportMyData' for n in range(9))} }}",
    "conflicts": f"{{ me {{ doctor {{ timeOff {{ conflicts {{ {APPOINTMENT} }} }} }} }} }}",
    "ids of conflicts": "{ me { doctor { timeOff { conflicts { id } } } } }",
    "invalid fields": f"{{ {' '.join(f'x{n}' for n in range(1_990))} }}",
    "least": "{ __typename }",
}


@dataclass(frozen=True, slots=True)
class Attacker:
    """The account, and a server to attack."""

    server: Server
    token: str
    calendar: str

    def send(self, document: str, client: httpx.Client) -> bool:
        """Send an operation, or fetch the feed if the document is empty. False if rejected."""
        if not document:
            return client.get(self.calendar).status_code != HTTPStatus.TOO_MANY_REQUESTS
        headers = {"Authorization": f"JWT {self.token}"}
        answer = client.post("/graphql/", json={"query": document}, headers=headers)
        return b'"RATE_LIMITED"' not in answer.content

    @contextmanager
    def connect(self) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=f"http://{self.server.address}", timeout=120) as client:
            yield client

    def cpu_seconds(self) -> float:
        """Return the CPU time that the server has used so far."""
        status = Path(f"/proc/{self.server.process.pid}/stat").read_text()
        # User and system time are the 12th and 13th value after the name of the program.
        user, system = status.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def documents() -> dict[str, str]:
    """Return the generated documents by name; "" is the calendar feed."""
    found = {**SINGLE, "feed": ""}
    for field, (arguments, selections) in FIELDS.items():
        for argument, selection, aliases in product(arguments, selections, ALIASES):
            part = f"{field}({argument}) {{ {selection} }}"
            parts = " ".join(f"a{number}: {part}" for number in range(aliases))
            found[f"{aliases} x {part}"] = f"{{ {parts} }}"
    return found


def measure() -> Iterator[Measurement]:
    """Yield a row for each of the costliest documents, and one for all of them in one minute."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _attacked(folder, fill=True, RATE_LIMIT_ENABLED="0") as attacker:
            ranked = _costliest(attacker)
        worst = ranked[:MEASURED]
        minutes = {document: [text] for document, text in worst}
        minutes["the costliest documents in turn"] = [text for _, text in worst]
        minutes["the least costly request"] = [SINGLE["least"]]
        for document, texts in minutes.items():
            # A new server for each: the minute of the account begins again with its cache.
            with _attacked(folder, fill=False, RATE_LIMIT_ENABLED="1") as attacker:
                yield _row(document, _cpu_of_minute(attacker, texts))


def _row(document: str, seconds: float) -> Measurement:
    short = document if len(document) <= 70 else f"{document[:70]}…"
    report("costly_minute", f"{short}: {seconds:.1f} s")
    return Measurement(
        f"costliest minute of an account: {short}",
        "uvicorn",
        "",
        f"{seconds:.1f} s of computing time",
        f"{LIMIT_SECONDS} s",
        seconds < LIMIT_SECONDS,
    )


@contextmanager
def _attacked(folder: Path, *, fill: bool, **environment: str) -> Iterator[Attacker]:
    """Run a server on the filled database in ``folder``."""
    filled, lifetime = folder / "account.json", {"JWT_ACCESS_MINUTES": "1440"}
    with serving(folder, server=UVICORN, **lifetime, **environment) as server:
        if fill:
            filled.write_text(_fill(server.environment))
        account = json.loads(filled.read_text())
        attacker = Attacker(server, account["token"], account["calendar"])
        with attacker.connect() as client:
            attacker.send(SINGLE["least"], client)  # the first request of a process takes longer
        yield attacker


def _fill(environment: Any) -> str:
    program = Path(__file__).with_name("costly_data.py")
    command = [sys.executable, "manage.py", "shell", "--no-imports"]
    with program.open("rb") as source:
        return subprocess.run(  # noqa: S603 - our own command
            command, env=environment, cwd=ROOT, stdin=source, stdout=subprocess.PIPE, check=True
        ).stdout.decode()


def _costliest(attacker: Attacker) -> list[tuple[str, str]]:
    """Return the documents by the CPU time of one request, the costliest first."""
    seconds = {}
    with attacker.connect() as client:
        for document, text in documents().items():
            before = attacker.cpu_seconds()
            attacker.send(text, client)
            seconds[document] = attacker.cpu_seconds() - before
    return sorted(documents().items(), key=lambda item: -seconds[item[0]])


def _cpu_of_minute(attacker: Attacker, texts: list[str]) -> float:
    """Send the documents in turn by all clients until each is rejected; return the CPU time."""
    end = time.monotonic() + MINUTE
    before = attacker.cpu_seconds()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for _ in pool.map(_until_rejected(attacker, texts, end), range(CLIENTS)):
            pass
    return attacker.cpu_seconds() - before


def _until_rejected(attacker: Attacker, texts: list[str], end: float) -> Callable[[int], None]:
    def send_all(_number: int) -> None:
        remaining = [*texts]
        with attacker.connect() as client:
            while remaining and time.monotonic() < end:
                remaining = [text for text in remaining if attacker.send(text, client)]

    return send_all
