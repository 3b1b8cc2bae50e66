"""Types and helpers shared by the contract cases."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from clinic.models import Appointment, Doctor, Patient
from tests.support.global_ids import id_of
from users.models import User

# The frozen test time, a Monday, as the API returns it.
NOW = "2026-03-02T08:00:00+01:00"
DAY_TIMES = {"startTime": "09:00:00", "endTime": "17:00:00"}
DEFAULT_WEEK = [
    {"weekday": day, **DAY_TIMES}
    for day in ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")
]


class Context(NamedTuple):
    """The data that exists before a case runs.

    Ann is a patient, Dora a cardiologist; ``appointment`` is Ann's pending appointment
    with Dora on Tuesday, 09:00.
    """

    ann: Patient
    dora: Doctor
    appointment: Appointment


class Case(NamedTuple):
    """The variables that ``sender`` sends, and the expected response data.

    ``expected`` is a function of the received data if that contains generated values.
    """

    expected: Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]
    variables: Mapping[str, object] = {}
    sender: User | None = None


def appointment_parts(context: Context, **changes: object) -> dict[str, object]:
    """Return the fragment ``AppointmentParts`` of the context's appointment, with ``changes``."""
    parts: dict[str, object] = {
        "id": id_of(context.appointment),
        "date": "2026-03-03",
        "time": "09:00:00",
        "durationMinutes": 30,
        "startsAt": "2026-03-03T09:00:00+01:00",
        "endsAt": "2026-03-03T09:30:00+01:00",
        "reasonForVisit": "",
        "status": "PENDING",
        "cancellationReason": None,
        "createdAt": NOW,
        "updatedAt": NOW,
        "doctor": {
            "id": id_of(context.dora),
            "specialty": "Cardiology",
            "user": {"firstName": "Dora", "lastName": "Example"},
        },
        "patient": {
            "id": id_of(context.ann),
            "user": {"firstName": "Ann", "lastName": "Example"},
        },
    }
    return parts | changes


def slot(time: str, end: str, date: str = "2026-03-03", minutes: int = 30) -> dict[str, object]:
    """Return a slot as the API returns it, by default 30 minutes on Tuesday in winter time."""
    return {
        "date": date,
        "time": f"{time}:00",
        "durationMinutes": minutes,
        "startsAt": f"{date}T{time}:00+01:00",
        "endsAt": f"{date}T{end}:00+01:00",
    }
