"""Workloads of ``make bench AGAINST=<commit>`` that only GraphQL servers of ours can run."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.data import BenchmarkData, global_id
from tests.benchmarks.workloads import SLOT, Request, Workload, graphql

OURS = ("ours", "again", "against")
MANY_SLOTS = f"""query ManySlots($id: ID!, $days: Int!) {{
  doctor(id: $id) {{ id availableSlots(days: $days) {{ {SLOT} }} }}
}}"""
HISTORY = """query History {
  appointments(first: 100) { edges { node { id startsAt history { status changedAt } } } }
}"""
DOCUMENT = re.compile(r"graphql\(\s*`([^`]+)`")
OPERATION = re.compile(r"(query|fragment)\s+(\w+)\s*(\([^)]*\))?")
REQUIRED = re.compile(r"\$(\w+):\s*\w+!")
SPREAD = re.compile(r"\.\.\.\s*(?!on\b)(\w+)")
# The others are sent by a patient.
SENT_BY_DOCTORS = {"AppointmentHistory", "DoctorsDay", "MyDay"}


def many_slots(days: int) -> Workload:
    """Return the workload of two hundred slots, which are found in so many days."""

    def requests(peer: str, data: BenchmarkData) -> Iterator[Request]:
        doctor = global_id("Doctor", data.doctor_id)
        yield graphql(peer, data.patients[0], MANY_SLOTS, id=doctor, days=days)

    return Workload("slots", "200 open slots of a doctor", OURS, requests, _as_sent)


def history() -> Workload:
    def requests(peer: str, data: BenchmarkData) -> Iterator[Request]:
        yield graphql(peer, data.doctor, HISTORY)

    title = "100 appointments with startsAt and history"
    return Workload("history", title, OURS, requests, _as_sent)


def front_end(root: Path, today: str, appointment: str) -> list[Workload]:
    """Return a workload for each query of the example front end of the tree ``root``.

    ``appointment`` is the id of an appointment of the doctor who sends requests.
    """
    texts = [
        text
        for file in sorted((root / "tests/clients/web/src").rglob("*.ts*"))
        for text in DOCUMENT.findall(file.read_text(encoding="utf-8"))
    ]
    fragments: dict[str, str] = {}
    queries: dict[str, str] = {}
    for text in texts:
        if found := OPERATION.match(text):
            (queries if found[1] == "query" else fragments)[found[2]] = text
    return [
        Workload(
            f"web:{name}",
            f"{name} of the example front end",
            OURS,
            _query(name, _with_fragments(text, fragments), today, appointment),
            _as_sent,
        )
        for name, text in sorted(queries.items())
    ]


def _with_fragments(text: str, fragments: dict[str, str]) -> str:
    """Return the operation with the fragments that it uses, and those that these use."""
    used: dict[str, str] = {}
    waiting = SPREAD.findall(text)
    while waiting:
        name = waiting.pop()
        if name not in used:
            used[name] = fragments[name]
            waiting += SPREAD.findall(fragments[name])
    return "\n".join([text, *used.values()])


def _query(
    name: str, document: str, today: str, appointment: str
) -> Callable[[str, BenchmarkData], Iterator[Request]]:
    # Variables that are not required are left out, as when a page opens.
    required = REQUIRED.findall(document.partition("{")[0])

    def requests(peer: str, data: BenchmarkData) -> Iterator[Request]:
        doctor = global_id("Doctor", data.doctor_id)
        known = {"day": today, "doctorId": doctor, "search": "", "start": today}
        known["id"] = appointment if name == "AppointmentHistory" else doctor
        caller = data.doctor if name in SENT_BY_DOCTORS else data.patients[0]
        yield graphql(peer, caller, document, **{each: known[each] for each in required})

    return requests


def _as_sent(response: Any) -> Any:
    """Return the data without cursors, which are opaque and differ between releases."""
    return _without_cursors(response["data"])


def _without_cursors(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_cursors(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _without_cursors(each) for name, each in value.items() if name != "endCursor"}
