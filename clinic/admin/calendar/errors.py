"""The errors of service functions as JSON, with the codes that the API answers."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _

from clinic.admin.base.formats import format_datetime
from clinic.errors import (
    BookingErrorCode,
    OutsideWorkingTime,
    PossibleDuplicate,
    SlotUnavailable,
    SlotUnavailableCode,
)
from clinic.slots import Slot
from users.common.transactions import TransactionConflict

Json = dict[str, Any]
# What a dialog asks before it sends the same values again.
ASKS_OUTSIDE, ASKS_DUPLICATE = "outside", "duplicate"


def describe_error(error: Exception, *, can_view_patients: bool) -> Json:
    """Return one of ``SERVICE_ERRORS``: errors by field, free times, and what to ask if anything.

    Staff who cannot view patients are asked about a likely duplicate without a name.
    """
    if isinstance(error, SlotUnavailable):
        errors = [_one("time", error.code.lower(), str(error))]
        return {"errors": errors, "free": _starts(error.next_available)}
    if isinstance(error, OutsideWorkingTime):
        errors = [_one("time", SlotUnavailableCode.OUTSIDE_AVAILABILITY.lower(), str(error))]
        return {"errors": errors, "free": _starts(error.free_slots), "asks": ASKS_OUTSIDE}
    if isinstance(error, PossibleDuplicate):
        return {
            "errors": list(_validation_errors(error)),
            "asks": ASKS_DUPLICATE,
            "people": list(_people(error)) if can_view_patients else [],
        }
    if isinstance(error, ValidationError):
        return {"errors": list(_validation_errors(error))}
    code = getattr(error, "code", None)
    if isinstance(error, TransactionConflict):
        code = BookingErrorCode.BUSY
    return {"errors": [_one(None, code or BookingErrorCode.INVALID, str(error))]}


def _validation_errors(error: ValidationError) -> Iterator[Json]:
    if not hasattr(error, "error_dict"):
        for problem in error.error_list:
            yield _one(None, problem.code, " ".join(problem.messages))
        return
    for name, problems in error.error_dict.items():
        field = None if name in {NON_FIELD_ERRORS, "id"} else name.removesuffix("_id")
        for problem in problems:
            yield _one(field, problem.code, " ".join(problem.messages))


def _one(field: str | None, code: str | None, message: str) -> Json:
    return {"field": field, "code": code or BookingErrorCode.INVALID, "message": message}


def _starts(slots: list[Slot]) -> list[Json]:
    return [
        {
            "date": f"{slot.date}",
            "time": f"{slot.time:%H:%M}",
            "text": format_datetime(slot.start),
        }
        for slot in slots
    ]


def _people(error: PossibleDuplicate) -> Iterator[Json]:
    for person in error.people:
        text = _("{name}, born {date}").format(name=person.name, date=person.date_of_birth)
        if person.patient_id is None:
            text = _("{name}, without a patient profile").format(name=person.name)
        yield {"patient": person.patient_id, "text": text}
