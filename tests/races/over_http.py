"""The same races as clients see them: over HTTP, at a server of several processes."""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.races.verdict import Verdict
from tests.support.databases import scratch
from tests.support.live_server import Server, serving
from tests.support.processes import run

SERVER_PROCESSES = "3"
STAGGERED_MINUTES = 45
Wish = tuple[str, dict[str, Any]]  # whose token, and the input


def word_for(answer: dict[str, Any]) -> str:
    """A booking's answer in one word, as the verbs' are told in."""
    if answer.get("errors"):
        return f"error: {answer['errors']}"
    payload = answer["data"]["createAppointment"]
    match payload["__typename"]:
        case "Appointment":
            return str(payload["status"]).lower()
        case "SlotUnavailable":
            return str(payload["code"])
        case _:
            return str(payload["messages"][0]["code"])


class Stage:
    """A server with its cast, and clients who ask at the same moment."""

    def __init__(self, server: Server, cast: dict[str, Any]) -> None:
        self.server, self.cast = server, cast
        self.dora, self.emil = cast["doctors"]
        self.patients = cast["patients"]

    def answers(self, wishes: Sequence[Wish]) -> list[dict[str, Any]]:
        start = threading.Barrier(len(wishes))

        def ask(wish: Wish) -> dict[str, Any]:
            token, wanted = wish
            start.wait()
            answer: dict[str, Any] = self.server.api(
                "CreateAppointment", {"input": wanted}, token=token
            )
            return answer

        with ThreadPoolExecutor(len(wishes)) as pool:
            return list(pool.map(ask, wishes))


def one_slot(stage: Stage, place: int) -> list[Wish]:
    slot = {"doctorId": stage.dora["id"], **stage.cast["slots"][place]}
    return [(patient["token"], slot) for patient in stage.patients]


def staggered(stage: Stage, place: int) -> list[Wish]:
    """In the evening, when nobody else books; any two appointments of 45 minutes overlap."""
    date = stage.cast["slots"][place]["date"]
    return [
        (
            stage.dora["token"],
            {
                "patientId": patient["id"],
                "date": date,
                "time": f"20:{n % 9 * 5:02}",
                "durationMinutes": STAGGERED_MINUTES,
            },
        )
        for n, patient in enumerate(stage.patients)
    ]


def one_patient_two_doctors(stage: Stage, place: int) -> list[Wish]:
    doctors = (stage.dora, stage.emil)
    return [
        (
            stage.patients[0]["token"],
            {"doctorId": doctors[n % 2]["id"], **stage.cast["slots"][place]},
        )
        for n, _ in enumerate(stage.patients)
    ]


def one_key(stage: Stage, place: int) -> list[Wish]:
    keyed = {"idempotencyKey": f"key {place}", **stage.cast["slots"][place]}
    wish = (stage.patients[0]["token"], {"doctorId": stage.dora["id"], **keyed})
    return [wish for _ in stage.patients]


RACES: dict[str, Callable[[Stage, int], list[Wish]]] = {
    "one slot, API": one_slot,
    "staggered 45 minutes, API": staggered,
    "one patient, two doctors, API": one_patient_two_doctors,
    "one idempotencyKey, API": one_key,
}
SLOTS_A_DAY = 16


def measure_over_http(database: str, *, clients: int, rounds: int) -> dict[str, dict[str, Any]]:
    """The verdict on each race, by its name."""
    tests = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    with scratch(database) as url, TemporaryDirectory(prefix="cybermed-") as folder:
        cast = json.loads(run("tests.races.world", str(clients), DATABASE_URL=url))
        with serving(
            Path(folder), DATABASE_URL=url, WEB_CONCURRENCY=SERVER_PROCESSES, **tests
        ) as server:
            stage = Stage(server, cast)
            ask = partial(_race, stage, url, rounds)
            return {
                name: ask(wishes, n * rounds * SLOTS_A_DAY)
                for n, (name, wishes) in enumerate(RACES.items())
            }


def _race(
    stage: Stage,
    url: str,
    rounds: int,
    wishes: Callable[[Stage, int], list[Wish]],
    first_place: int,
) -> dict[str, Any]:
    verdict = Verdict()
    # Each round has a day of its own.
    for place in range(first_place, first_place + rounds * SLOTS_A_DAY, SLOTS_A_DAY):
        answers = stage.answers(wishes(stage, place))
        alike = wishes is not one_key or len({json.dumps(answer) for answer in answers}) == 1
        verdict.add(list(map(word_for, answers)), [] if alike else ["twins answered otherwise"])
    audit = json.loads(run("tests.races.audit", DATABASE_URL=url))
    verdict.double_bookings = audit["double_bookings"]
    verdict.astray += audit["astray"]
    return verdict.as_dict()
