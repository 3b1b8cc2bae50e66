"""Error codes, messages and exceptions of the domain layer."""

from collections.abc import Sequence
from enum import StrEnum

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError

from clinic.slots import Slot


class BookingErrorCode(StrEnum):
    """Codes of ``OperationInfo.messages``, beside those of Django's own validation."""

    IN_THE_PAST = "in_the_past"
    LEAD_TIME_TOO_SHORT = "lead_time_too_short"
    BEYOND_HORIZON = "beyond_horizon"
    NONEXISTENT_TIME = "nonexistent_time"
    OFF_GRID = "off_grid"
    OWN_APPOINTMENT = "own_appointment"
    PROFILE_REQUIRED = "profile_required"
    ROLE_REQUIRED = "role_required"
    INVALID_TRANSITION = "invalid_transition"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    NOT_FOUND = "not_found"
    BUSY = "busy"
    REQUIRED = "required"
    INVALID = "invalid"


class SlotUnavailableCode(StrEnum):
    """Why a time cannot be booked."""

    SLOT_TAKEN = "SLOT_TAKEN"
    PATIENT_BUSY = "PATIENT_BUSY"
    OUTSIDE_AVAILABILITY = "OUTSIDE_AVAILABILITY"


MESSAGES = {
    BookingErrorCode.IN_THE_PAST: "This time is in the past.",
    BookingErrorCode.LEAD_TIME_TOO_SHORT: "This is too short notice for the clinic.",
    BookingErrorCode.BEYOND_HORIZON: "The clinic does not book that far ahead.",
    BookingErrorCode.NONEXISTENT_TIME: "The clock skips this time on that day.",
    BookingErrorCode.OFF_GRID: "Visits start and last in steps of five minutes.",
    BookingErrorCode.OWN_APPOINTMENT: "Nobody can be their own doctor.",
    BookingErrorCode.PROFILE_REQUIRED: "Fill in your profile first.",
    BookingErrorCode.ROLE_REQUIRED: "Your account may not do this.",
    BookingErrorCode.INVALID_TRANSITION: "The appointment cannot be changed this way now.",
    BookingErrorCode.IDEMPOTENCY_KEY_REUSED: "This key was used for another request.",
    BookingErrorCode.NOT_FOUND: "There is no such thing, or it is not yours.",
    BookingErrorCode.REQUIRED: "This field is required.",
    BookingErrorCode.INVALID: "This value is not valid.",
}
UNAVAILABLE_MESSAGES = {
    SlotUnavailableCode.SLOT_TAKEN: "The doctor is booked at this time.",
    SlotUnavailableCode.PATIENT_BUSY: "The patient has another visit at this time.",
    SlotUnavailableCode.OUTSIDE_AVAILABILITY: "The doctor does not offer this time.",
}


def booking_error(
    code: BookingErrorCode, field: str | None = None, message: str | None = None
) -> ValidationError:
    """A coded refusal of one field, or of the request as a whole."""
    # A list loses its code on the way to the client; a dict keeps it.
    error = ValidationError(message or MESSAGES[code], code=code)
    return ValidationError({field or NON_FIELD_ERRORS: [error]})


class RoleRequired(PermissionDenied):
    """The account lacks the role, or stands on the other side of this visit."""

    code = BookingErrorCode.ROLE_REQUIRED

    def __init__(self) -> None:
        super().__init__(MESSAGES[self.code])


class SlotUnavailable(Exception):
    """The wished time cannot be booked; ``next_available`` says which can."""

    def __init__(self, code: SlotUnavailableCode, next_available: Sequence[Slot] = ()) -> None:
        super().__init__(UNAVAILABLE_MESSAGES[code])
        self.code = code
        self.next_available = list(next_available)
