"""Patients and doctors who book, move, cancel, confirm, check in and read at the same time."""

import datetime as dt
import random
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from tests.drills.clients import Attempt, People, code_of, send
from tests.drills.threads import running
from tests.support.live_server import ENVIRONMENT

# Of the open slots; few enough that patients meet at them.
SLOTS = 160
SEED = 20260302
# Answers to a request that another one came before, or that a rule forbids.
EXPECTED = frozenset(
    {
        "ok",
        # A patient that is not the doctor's own.
        "null",
        "not_found",
        "SLOT_TAKEN",
        "PATIENT_BUSY",
        "OUTSIDE_AVAILABILITY",
        "FULLY_BOOKED",
        "invalid_transition",
        "too_many_moves",
        "in_the_past",
    }
)


@dataclass(slots=True)
class Mixed:
    """Clients of one server: every request, and how many of each operation succeeded."""

    url: str
    people: People
    verify: ssl.SSLContext | bool = True
    attempts: list[Attempt] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send requests for the duration of the block, from a thread for each person."""
        patients = [(self._patient, patient) for patient in self.people.patients]
        doctors = [(self._doctor, doctor) for doctor in self.people.doctors]
        threads = [
            threading.Thread(target=self._repeat, args=(*each, number))
            for number, each in enumerate([*patients, *doctors])
        ]
        with running(threads, self._stopped):
            yield

    def unexpected(self) -> set[str]:
        """Return the outcomes that no request should have."""
        return {each.outcome for each in self.attempts} - EXPECTED

    def _repeat(self, act: Callable[..., None], person: dict[str, str], number: int) -> None:
        headers = {"Authorization": f"JWT {person['token']}"}
        chance = random.Random(SEED + number)  # noqa: S311 - the same requests in each run
        with httpx.Client(headers=headers, timeout=60, verify=self.verify) as http:
            while not self._stopped.is_set():
                act(http, person, chance)

    def _patient(self, http: httpx.Client, person: dict[str, str], chance: random.Random) -> None:
        del person
        slots = self.people.slots[:SLOTS]
        doctor = chance.choice(self.people.doctors)["id"]
        self._send(http, "AvailableSlots", doctorId=doctor, days=7)
        key = f"{chance.random()}"
        booking = {"doctorId": doctor, "idempotencyKey": key, **chance.choice(slots)}
        booked = self._send(http, "CreateAppointment", input=booking)
        self._send(http, "Me")
        if not booked:
            return
        self.acknowledged.append(booked["id"])
        if chance.random() < 0.5:
            moved = {"id": booked["id"], **chance.choice(slots)}
            self._send(http, "RescheduleAppointment", input=moved)
        self._send(http, "AppointmentById", id=booked["id"])
        if chance.random() < 0.8:
            self._send(http, "CancelAppointment", input={"id": booked["id"]})

    def _doctor(self, http: httpx.Client, person: dict[str, str], chance: random.Random) -> None:
        del person
        patient = chance.choice(self.people.patients)["id"]
        # Emil's first request of a patient is answered null: it is not his patient yet.
        self._send(http, "PatientById", id=patient)
        if self.acknowledged:
            confirmed = {"id": chance.choice(self.acknowledged[-50:])}
            self._send(http, "ConfirmAppointment", input=confirmed)
        now = dt.datetime.now(ZoneInfo(ENVIRONMENT["TIME_ZONE"]))
        minute = (now.hour * 60 + now.minute) // 5 * 5 + 5 * chance.randrange(2, 100)
        if minute + 5 > 24 * 60:
            return
        time_ = f"{minute // 60:02}:{minute % 60:02}"
        today = {"date": now.date().isoformat(), "time": time_, "durationMinutes": 5}
        visit = self._send(http, "CreateAppointment", input={"patientId": patient, **today})
        if visit:
            self.acknowledged.append(visit["id"])
            self._send(http, "RecordArrival", input={"id": visit["id"]})
            self._send(http, "CancelAppointment", input={"id": visit["id"]})

    def _send(self, http: httpx.Client, name: str, **variables: Any) -> Any:
        """Send an operation; return its value, or None if it failed."""
        sent_at = time.monotonic()
        answer = send(http, self.url, name, variables)
        outcome = outcome_of(answer)
        self.attempts.append(Attempt(sent_at, time.monotonic() - sent_at, outcome))
        if outcome != "ok":
            return None
        self.answered[name] += 1
        return answer


def outcome_of(answer: Any) -> str:
    """Return ``ok``, ``null``, ``lost`` or the code of an answer."""
    if answer is None:
        return "lost"
    if answer == {}:
        return "null"
    if isinstance(answer, dict) and ("messages" in answer or "code" in answer):
        return code_of(answer)
    return "ok"
