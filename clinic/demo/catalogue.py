"""The appointment types of the demo clinic, and which of the demo doctors offer them."""

from typing import Any, TypedDict

from clinic.booking import catalogue
from clinic.models import AppointmentType, BookableBy, Confirmation, Doctor


class DemoType(TypedDict, total=False):
    """The fields of an appointment type that differ from the defaults."""

    name: str
    description: str
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    confirmation: Confirmation
    bookable_by: BookableBy
    lead_time_minutes: int
    cancellation_notice_minutes: int
    max_per_day: int


FIRST_CONSULTATION: DemoType = {
    "name": "First consultation",
    "description": "For new patients and new complaints. Please bring earlier findings.",
    "duration_minutes": 45,
    "cancellation_notice_minutes": 24 * 60,
}
FOLLOW_UP: DemoType = {
    "name": "Follow-up",
    "description": "For patients who have been here with the same complaint.",
    "duration_minutes": 20,
    "confirmation": Confirmation.AUTOMATIC,
}
BLOOD_TEST: DemoType = {
    "name": "Blood test",
    "description": "Please do not eat for 12 hours before the test, and drink only water.",
    "duration_minutes": 10,
    "buffer_before_minutes": 5,
    "buffer_after_minutes": 5,
    "confirmation": Confirmation.AUTOMATIC,
    "lead_time_minutes": 12 * 60,
}
VACCINATION: DemoType = {
    "name": "Vaccination",
    "description": "Please bring your vaccination certificate.",
    "duration_minutes": 15,
    "confirmation": Confirmation.AUTOMATIC,
    "cancellation_notice_minutes": 4 * 60,
    "max_per_day": 4,
}
CASE_CONFERENCE: DemoType = {
    "name": "Case conference",
    "description": "With other doctors of the patient.",
    "duration_minutes": 60,
    "buffer_before_minutes": 10,
    "bookable_by": BookableBy.STAFF,
}
TYPES = (FIRST_CONSULTATION, FOLLOW_UP, BLOOD_TEST, VACCINATION, CASE_CONFERENCE)
# In rotation by index. The doctors whose entry is empty have appointments of one length.
OFFERS = (
    (FIRST_CONSULTATION, FOLLOW_UP, VACCINATION, CASE_CONFERENCE),
    (),
    (FIRST_CONSULTATION, FOLLOW_UP, BLOOD_TEST),
)


def types_of(doctor_index: int) -> tuple[DemoType, ...]:
    """Return the types that the doctor with this index offers, the default one first."""
    return OFFERS[doctor_index % len(OFFERS)]


def longest_minutes(doctor_index: int) -> int:
    """Return for how long the longest type keeps the doctor busy, buffers included; or 0."""
    return max(
        (
            kind["duration_minutes"]
            + kind.get("buffer_before_minutes", 0)
            + kind.get("buffer_after_minutes", 0)
            for kind in types_of(doctor_index)
        ),
        default=0,
    )


def create_types() -> dict[str, AppointmentType]:
    """Create the catalogue; return the types by name."""
    created = {}
    for kind in TYPES:
        fields: dict[str, Any] = {**kind}
        created[kind["name"]] = catalogue.save_appointment_type(**fields)
    return created


def offer_types(doctor: Doctor, index: int, types: dict[str, AppointmentType]) -> None:
    """Save the types that the doctor with this index offers."""
    if offered := types_of(index):
        catalogue.set_appointment_types(doctor, [types[kind["name"]].pk for kind in offered])
