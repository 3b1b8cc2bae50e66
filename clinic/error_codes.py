"""What the clinic answers when it says no: facts that a client can switch on."""

from enum import StrEnum


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
