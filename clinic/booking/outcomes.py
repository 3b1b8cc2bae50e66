"""Count attempts to book and to reschedule by their outcome, for the metrics."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Literal, ParamSpec

from django.core.exceptions import ValidationError
from django.db import transaction

from clinic.errors import BookingErrorCode, OutsideWorkingTime, RoleRequired, SlotUnavailable
from clinic.models import Appointment
from users.common import metrics
from users.common.transactions import TransactionConflict

P = ParamSpec("P")
Action = Literal["book", "reschedule"]


def count_rejections(
    action: Action,
) -> Callable[[Callable[P, Appointment]], Callable[P, Appointment]]:
    """Decorate a service function to count its exceptions. It counts its success itself."""

    def decorate(service: Callable[P, Appointment]) -> Callable[P, Appointment]:
        @wraps(service)
        def run(*args: P.args, **kwargs: P.kwargs) -> Appointment:
            try:
                return service(*args, **kwargs)
            except Exception as error:
                metrics.count_booking(action, outcome_of(error))
                raise

        return run

    return decorate


def count_after_commit(action: Action, outcome: str) -> None:
    """Count a success, unless the transaction is rolled back or run again."""
    transaction.on_commit(partial(metrics.count_booking, action, outcome))


def outcome_of(error: Exception) -> str:
    """Return the code of a domain exception; ``error`` if it is unexpected."""
    match error:
        case SlotUnavailable():
            return str(error.code.value).lower()
        case ValidationError():
            return _first_code(error)
        case RoleRequired():
            return str(error.code.value)
        case OutsideWorkingTime():
            return "outside_working_time"
        case TransactionConflict():
            return "conflict"
    return "error"


def _first_code(error: ValidationError) -> str:
    """Return the first code of ours; ``invalid`` if all are those of Django's validators."""
    errors = error.error_dict.values() if hasattr(error, "error_dict") else [error.error_list]
    codes = {each.code for field_errors in errors for each in field_errors}
    known = (code.value for code in BookingErrorCode if code.value in codes)
    return str(next(known, BookingErrorCode.INVALID.value))
