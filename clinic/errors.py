"""Error codes, messages and exceptions of the domain layer."""

from collections.abc import Sequence
from enum import StrEnum

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError

from clinic.slots import Slot


class ErrorCode(StrEnum):
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
    ErrorCode.IN_THE_PAST: "This time is in the past.",
    ErrorCode.LEAD_TIME_TOO_SHORT: "This is too short notice for the clinic.",
    ErrorCode.BEYOND_HORIZON: "The clinic does not book that far ahead.",
    ErrorCode.NONEXISTENT_TIME: "The clock skips this time on that day.",
    ErrorCode.OFF_GRID: "Visits start and last in steps of five minutes.",
    ErrorCode.OWN_APPOINTMENT: "Nobody can be their own doctor.",
    ErrorCode.PROFILE_REQUIRED: "Fill in your profile first.",
    ErrorCode.ROLE_REQUIRED: "Your account may not do this.",
    ErrorCode.INVALID_TRANSITION: "The appointment cannot be changed this way now.",
    ErrorCode.IDEMPOTENCY_KEY_REUSED: "This key was used for another request.",
    ErrorCode.NOT_FOUND: "There is no such thing, or it is not yours.",
    ErrorCode.REQUIRED: "This field is required.",
    ErrorCode.INVALID: "This value is not valid.",
}
UNAVAILABLE = {
    SlotUnavailableCode.SLOT_TAKEN: "The doctor is booked at this time.",
    SlotUnavailableCode.PATIENT_BUSY: "The patient has another visit at this time.",
    SlotUnavailableCode.OUTSIDE_AVAILABILITY: "The doctor does not offer this time.",
}


def refusal(
    code: ErrorCode, field: str | None = None, message: str | None = None
) -> ValidationError:
    """A coded refusal of one field, or of the request as a whole."""
    # A list loses its code on the way to the client; a dict keeps it.
    error = ValidationError(message or MESSAGES[code], code=code)
    return ValidationError({field or NON_FIELD_ERRORS: [error]})


class RoleRequired(PermissionDenied):
    """The account lacks the role, or stands on the other side of this visit."""

    code = ErrorCode.ROLE_REQUIRED

    def __init__(self) -> None:
        super().__init__(MESSAGES[self.code])


class SlotUnavailable(Exception):
    """The wished time cannot be booked; ``next_available`` says which can."""

    def __init__(self, code: SlotUnavailableCode, next_available: Sequence[Slot] = ()) -> None:
        super().__init__(UNAVAILABLE[code])
        self.code = code
        self.next_available = list(next_available)
