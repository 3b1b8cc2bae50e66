"""Register the choices of the models as GraphQL enums, with a description for each value."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry

from clinic.errors import SlotUnavailableCode
from clinic.models import AccessAction, Status, Weekday
from users.models import Gender, Role

__all__ = ["AccessAction", "Gender", "Role", "SlotUnavailableCode", "Status", "Weekday"]


def register_enum(
    choices: type[Enum], *, description: str, values: Mapping[Any, str], name: str | None = None
) -> None:
    """Register ``choices`` as a GraphQL enum. Raises KeyError if a value has no description."""
    strawberry.enum(choices, name=name, description=description)
    for value in vars(choices)["__strawberry_definition__"].values:
        value.description = values[choices[value.name]]


register_enum(
    Gender,
    description="As the account's owner says it.",
    values={
        Gender.FEMALE: "Female.",
        Gender.MALE: "Male.",
        Gender.OTHER: "Another.",
        Gender.UNDISCLOSED: "Not said.",
    },
)
register_enum(
    Role,
    description="In which capacity somebody uses the clinic.",
    values={
        Role.DOCTOR: "Treats patients.",
        Role.PATIENT: "Sees doctors.",
    },
)
register_enum(
    Status,
    name="AppointmentStatus",
    description="Where an appointment stands. All but CANCELLED occupy the time of both people.",
    values={
        Status.PENDING: "Asked for by the patient; the doctor has not confirmed it yet.",
        Status.CONFIRMED: "Agreed.",
        Status.COMPLETED: "It took place.",
        Status.CANCELLED: "Called off; its time is free again.",
    },
)
register_enum(
    Weekday,
    description="A day of the week.",
    values={day: f"{day.label}." for day in Weekday},
)
register_enum(
    SlotUnavailableCode,
    description="Why a time cannot be booked.",
    values={
        SlotUnavailableCode.SLOT_TAKEN: "The doctor is booked at some minute of it.",
        SlotUnavailableCode.PATIENT_BUSY: "The patient has another appointment then.",
        SlotUnavailableCode.OUTSIDE_AVAILABILITY: (
            "Free, but not one of the doctor's slots: hours, time off or grid stand against it."
        ),
    },
)
register_enum(
    AccessAction,
    description="What was done with a record.",
    values={AccessAction.READ: "It was read.", AccessAction.CHANGE: "It was changed."},
)
