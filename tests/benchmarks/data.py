"""The data that requests are made from: accounts with tokens, and free slots."""

import base64
from dataclasses import dataclass, field
from typing import Any

# Of all doctors, so that R4 searches all of them.
SPECIALTY = "General practice"
# Changes the demo data of any commit. Without cancelled appointments, because only the server
# itself hides the patient of one, and not in each release: the responses would differ.
PREPARATION = f"""
from clinic.models import Appointment, Doctor
Doctor.objects.update(specialty={SPECIALTY!r}, approved=True)
Appointment.objects.filter(status="cancelled").delete()
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """An account, and an access token of it from each peer."""

    user_id: int
    email: str
    tokens: dict[str, str]


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A time at which a doctor and a patient are free."""

    patient: int  # the index in ``BenchmarkData.patients``
    doctor_id: int
    date: str
    time: str


@dataclass(frozen=True, slots=True)
class BenchmarkData:
    doctor: Caller
    doctor_id: int
    patients: list[Caller]
    specialty: str
    password: str
    free_slots: list[FreeSlot]
    # The cursor at which the second page of each GraphQL peer begins.
    cursors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "BenchmarkData":
        return cls(
            doctor=Caller(**data.pop("doctor")),
            patients=[Caller(**patient) for patient in data.pop("patients")],
            free_slots=[FreeSlot(**slot) for slot in data.pop("free_slots")],
            **data,
        )


def global_id(type_name: str, pk: int) -> str:
    return base64.b64encode(f"{type_name}:{pk}".encode()).decode()


def pk_of(id_: str) -> int:
    return int(base64.b64decode(id_).decode().partition(":")[2])
