"""Sends the mutations that staff can use for every appointment, and builds their results."""

from typing import Any

from clinic.errors import BookingErrorCode
from clinic.models import Appointment
from tests.schema.contract_cases.case import Context
from tests.schema.contract_cases.day import day_parts
from tests.support.api_client import Api
from tests.support.global_ids import id_of
from tests.support.graphql_responses import operation_info, root_value
from users.models import User

WRONG_ROLE = operation_info(BookingErrorCode.ROLE_REQUIRED)
NOT_FOUND = operation_info(BookingErrorCode.NOT_FOUND, "id")
# The mutations of doctors and staff, with an input that they accept besides the ID.
MUTATIONS: dict[str, dict[str, object]] = {
    "RecordArrival": {},
    "RecordNoShow": {},
    "ReopenAppointment": {"reason": "By mistake"},
    "AmendAppointment": {"durationMinutes": 60},
}


def change(api: Api, user: User, appointment: Appointment, mutation: str, **more: object) -> Any:
    sent = {"id": id_of(appointment), **MUTATIONS.get(mutation, {}), **more}
    return root_value(api(mutation, {"input": sent}, user=user))


def parts(appointment: Appointment, **changes: object) -> dict[str, object]:
    """Return the fragment ``DayParts`` of the appointment on Tuesday at 09:00, with changes."""
    return day_parts(Context(appointment.patient, appointment.doctor, appointment), **changes)


def slots(*times: str, date: str = "2026-03-03", minutes: int = 30) -> list[dict[str, object]]:
    """Return ``nextAvailable`` as these mutations select it."""
    return [{"date": date, "time": f"{time}:00", "durationMinutes": minutes} for time in times]
