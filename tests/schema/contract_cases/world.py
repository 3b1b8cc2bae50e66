"""Who and what is there before a document is sent, and how it looks in an answer."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from clinic.models import Appointment, Doctor, Patient
from tests.support.global_ids import id_of
from users.models import User

# The clock's Monday.
NOW = "2026-03-02T08:00:00+01:00"
DAY_TIMES = {"startTime": "09:00:00", "endTime": "17:00:00"}
DEFAULT_WEEK = [
    {"weekday": day, **DAY_TIMES}
    for day in ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")
]


class Stage(NamedTuple):
    """Ann, a patient; Dora, a cardiologist; and Ann's appointment to her on Tuesday at nine."""

    ann: Patient
    dora: Doctor
    appointment: Appointment


class Scene(NamedTuple):
    """What ``sender`` sends, and the data that must come back.

    ``expected`` is a function of what came back where that has tokens in it.
    """

    expected: Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]
    variables: Mapping[str, object] = {}
    sender: User | None = None


def appointment_parts(stage: Stage, **changes: object) -> dict[str, object]:
    """The contract's ``AppointmentParts`` of an appointment: the stage's, but for ``changes``."""
    parts: dict[str, object] = {
        "id": id_of(stage.appointment),
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
            "id": id_of(stage.dora),
            "specialty": "Cardiology",
            "user": {"firstName": "Dora", "lastName": "Example"},
        },
        "patient": {
            "id": id_of(stage.ann),
            "user": {"firstName": "Ann", "lastName": "Example"},
        },
    }
    return parts | changes


def slot(time: str, end: str, date: str = "2026-03-03", minutes: int = 30) -> dict[str, object]:
    """A slot of half an hour on Tuesday, in winter, as it is answered."""
    return {
        "date": date,
        "time": f"{time}:00",
        "durationMinutes": minutes,
        "startsAt": f"{date}T{time}:00+01:00",
        "endsAt": f"{date}T{end}:00+01:00",
    }
