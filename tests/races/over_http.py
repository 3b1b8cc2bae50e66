"""Races of bookings over HTTP, against a server with several processes."""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.races.result import RaceResult
from tests.support.live_server import Server, serving
from tests.support.migrated_databases import migrated
from tests.support.processes import run

SERVER_PROCESSES = "3"
STAGGERED_MINUTES = 45
Booking = tuple[str, dict[str, Any]]  # access token and input


def outcome_of(response: dict[str, Any]) -> str:
    """Return the status or the error code of a booking, as in ``tests.support.booking``."""
    if response.get("errors"):
        return f"error: {response['errors']}"
    payload = response["data"]["createAppointment"]
    match payload["__typename"]:
        case "Appointment":
            return str(payload["status"]).lower()
        case "SlotUnavailable":
            return str(payload["code"])
        case _:
            return str(payload["messages"][0]["code"])


class HttpClients:
    """A server with its doctors and patients, and clients that send requests together."""

    def __init__(self, server: Server, participants: dict[str, Any]) -> None:
        self.server = server
        self.dora, self.emil = participants["doctors"]
        self.patients = participants["patients"]
        self.slots = participants["slots"]

    def race(self, bookings: Sequence[Booking]) -> list[dict[str, Any]]:
        """Send all bookings at the same moment and return the responses in the same order."""
        start = threading.Barrier(len(bookings))

        def book(booking: Booking) -> dict[str, Any]:
            token, input_ = booking
            start.wait()
            response: dict[str, Any] = self.server.api(
                "CreateAppointment", {"input": input_}, token=token
            )
            return response

        with ThreadPoolExecutor(len(bookings)) as pool:
            return list(pool.map(book, bookings))


def one_slot(clients: HttpClients, slot_number: int) -> list[Booking]:
    slot = {"doctorId": clients.dora["id"], **clients.slots[slot_number]}
    return [(patient["token"], slot) for patient in clients.patients]


def staggered(clients: HttpClients, slot_number: int) -> list[Booking]:
    """Return overlapping bookings of 45 minutes, in the evening, when no other race books."""
    date = clients.slots[slot_number]["date"]
    return [
        (
            clients.dora["token"],
            {
                "patientId": patient["id"],
                "date": date,
                "time": f"20:{n % 9 * 5:02}",
                "durationMinutes": STAGGERED_MINUTES,
            },
        )
        for n, patient in enumerate(clients.patients)
    ]


def one_patient_two_doctors(clients: HttpClients, slot_number: int) -> list[Booking]:
    doctors = (clients.dora, clients.emil)
    return [
        (
            clients.patients[0]["token"],
            {"doctorId": doctors[n % 2]["id"], **clients.slots[slot_number]},
        )
        for n, _ in enumerate(clients.patients)
    ]


def one_key(clients: HttpClients, slot_number: int) -> list[Booking]:
    keyed = {"idempotencyKey": f"key {slot_number}", **clients.slots[slot_number]}
    booking = (clients.patients[0]["token"], {"doctorId": clients.dora["id"], **keyed})
    return [booking for _ in clients.patients]


RACES: dict[str, Callable[[HttpClients, int], list[Booking]]] = {
    "one slot, API": one_slot,
    "staggered 45 minutes, API": staggered,
    "one patient, two doctors, API": one_patient_two_doctors,
    "one idempotencyKey, API": one_key,
}
SLOTS_A_DAY = 16


def measure_over_http(database: str, *, clients: int, rounds: int) -> dict[str, dict[str, Any]]:
    """Return the result of each race by its name."""
    tests = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    with migrated(database) as url, TemporaryDirectory(prefix="cybermed-") as folder:
        participants = json.loads(
            run("tests.races.http_participants", str(clients), DATABASE_URL=url)
        )
        with serving(
            Path(folder), DATABASE_URL=url, WEB_CONCURRENCY=SERVER_PROCESSES, **tests
        ) as server:
            race = partial(_race, HttpClients(server, participants), url, rounds)
            return {
                name: race(bookings, n * rounds * SLOTS_A_DAY)
                for n, (name, bookings) in enumerate(RACES.items())
            }


def _race(
    clients: HttpClients,
    url: str,
    rounds: int,
    bookings: Callable[[HttpClients, int], list[Booking]],
    first_slot: int,
) -> dict[str, Any]:
    result = RaceResult()
    # Each round has its own day.
    for slot_number in range(first_slot, first_slot + rounds * SLOTS_A_DAY, SLOTS_A_DAY):
        responses = clients.race(bookings(clients, slot_number))
        is_consistent = (
            bookings is not one_key or len({json.dumps(response) for response in responses}) == 1
        )
        mismatches = [] if is_consistent else ["retries with one key got different responses"]
        result.add(list(map(outcome_of, responses)), mismatches)
    state = json.loads(run("tests.races.final_state", DATABASE_URL=url))
    result.double_bookings = state["double_bookings"]
    result.mismatches += state["mismatches"]
    return result.as_dict()
