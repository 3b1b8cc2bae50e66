"""Register the choices of the models as GraphQL enums, with a description for each value."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry

from clinic.errors import SlotUnavailableCode
from clinic.models import AccessAction, BookableBy, Confirmation, Relationship, Status, Weekday
from users.models import Gender, Role

__all__ = [
    "AccessAction",
    "BookableBy",
    "Confirmation",
    "Gender",
    "Relationship",
    "Role",
    "SlotUnavailableCode",
    "Status",
    "Weekday",
]


def register_enum(
    choices: type[Enum], *, description: str, values: Mapping[Any, str], name: str | None = None
) -> None:
    """Register ``choices`` as a GraphQL enum. Raises KeyError if a value has no description."""
    strawberry.enum(choices, name=name, description=description)
    for value in vars(choices)["__strawberry_definition__"].values:
        value.description = values[choices[value.name]]


register_enum(
    Gender,
    description="Gender, as stated by the user.",
    values={
        Gender.FEMALE: "Female.",
        Gender.MALE: "Male.",
        Gender.OTHER: "Another gender.",
        Gender.UNDISCLOSED: "Not stated.",
    },
)
register_enum(
    Role,
    description="Role of a user in the clinic.",
    values={
        Role.DOCTOR: "Doctor: offers slots and treats patients.",
        Role.PATIENT: "Patient: books appointments with doctors.",
    },
)
register_enum(
    Status,
    name="AppointmentStatus",
    description="Status of an appointment. All statuses except CANCELLED block the time of the "
    "doctor and the patient. Later releases can add values: treat an unknown one as a status that "
    "you cannot change.",
    values={
        Status.PENDING: "Booked or moved by the patient and not yet confirmed by the doctor.",
        Status.CONFIRMED: "Confirmed by the doctor, booked by the doctor or staff, or of a type "
        "that needs no confirmation.",
        Status.COMPLETED: "The appointment has taken place.",
        Status.NO_SHOW: "The patient did not come.",
        Status.CANCELLED: "Cancelled. Its time can be booked again.",
    },
)
register_enum(
    Confirmation,
    description="Whether an appointment that a patient books needs the doctor's confirmation.",
    values={
        Confirmation.AUTOMATIC: "It is CONFIRMED at once.",
        Confirmation.MANUAL: "It is PENDING until the doctor confirms it.",
    },
)
register_enum(
    BookableBy,
    description="Who can book appointments of a type.",
    values={
        BookableBy.PATIENTS: "Patients, doctors and staff.",
        BookableBy.STAFF: "Doctors and staff only.",
    },
)
register_enum(
    Relationship,
    description="What a guardian is to the patient.",
    values={
        Relationship.PARENT: "Parent; the right to act ends when the patient is of age.",
        Relationship.GUARDIAN: "Legal guardian; the right to act ends when the patient is of age.",
        Relationship.PARTNER: "Spouse or partner.",
        Relationship.CHILD: "Child of the patient.",
        Relationship.CARER: "Carer.",
        Relationship.OTHER: "Another relationship.",
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
        SlotUnavailableCode.SLOT_TAKEN: "The doctor has another appointment at this time.",
        SlotUnavailableCode.PATIENT_BUSY: "The patient has another appointment at this time.",
        SlotUnavailableCode.FULLY_BOOKED: (
            "The doctor takes no more appointments of this type on this day."
        ),
        SlotUnavailableCode.OUTSIDE_AVAILABILITY: (
            "Not one of the doctor's slots: outside working hours, during time off or a closure of "
            "the clinic, or not at a slot boundary."
        ),
    },
)
register_enum(
    AccessAction,
    description="Kind of access to a patient record.",
    values={
        AccessAction.READ: "The record was read.",
        AccessAction.CHANGE: "The record was changed.",
    },
)
