"""Error codes, messages and exceptions of the domain layer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clinic.durations import describe_duration
from clinic.slots import Slot

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise


class BookingErrorCode(StrEnum):
    """Codes in ``OperationInfo.messages``, besides those of Django's own validation."""

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
    EMAIL_NOT_VERIFIED = "email_not_verified"
    TOO_MANY_OPEN_APPOINTMENTS = "too_many_open_appointments"
    TOO_LATE_TO_CHANGE = "too_late_to_change"
    TOO_MANY_MOVES = "too_many_moves"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    NOT_FOUND = "not_found"
    BUSY = "busy"
    REQUIRED = "required"
    INVALID = "invalid"


class SlotUnavailableCode(StrEnum):
    """Why a time cannot be booked."""

    SLOT_TAKEN = "SLOT_TAKEN"
    PATIENT_BUSY = "PATIENT_BUSY"
    FULLY_BOOKED = "FULLY_BOOKED"
    OUTSIDE_AVAILABILITY = "OUTSIDE_AVAILABILITY"


def lead_time_message(minutes: int) -> str:
    """Return the message that patients must book ``minutes`` minutes before the start."""
    return _("Please book at least {duration} in advance.").format(
        duration=describe_duration(minutes)
    )


def _clinic_lead_time_message() -> str:
    return lead_time_message(settings.LEAD_TIME_MINUTES)


def _horizon_message() -> str:
    days = settings.HORIZON_DAYS
    return ngettext(
        "Appointments can be booked at most {days} day in advance.",
        "Appointments can be booked at most {days} days in advance.",
        days,
    ).format(days=days)


def _with_call(text: str | StrPromise) -> str:
    """Return a text with the request to call, and the clinic's number where it is set."""
    phone = settings.CLINIC_PHONE
    call = _("call the clinic at {phone}") if phone else _("call the clinic")
    return text.format(call=str(call).format(phone=phone))


# Texts are evaluated when they are shown: in the reader's language, with the current settings.
MESSAGES: dict[BookingErrorCode, str | StrPromise] = {
    BookingErrorCode.IN_THE_PAST: _("This time is in the past. Choose a later one."),
    BookingErrorCode.LEAD_TIME_TOO_SHORT: lazy(_clinic_lead_time_message, str)(),
    BookingErrorCode.BEYOND_HORIZON: lazy(_horizon_message, str)(),
    BookingErrorCode.NONEXISTENT_TIME: _(
        "Part of this time does not exist or occurs twice because the clock changes on that day. "
        "Choose another time."
    ),
    BookingErrorCode.OFF_GRID: _(
        "Appointments start and last in steps of 5 minutes. Choose a multiple of 5."
    ),
    BookingErrorCode.OWN_APPOINTMENT: _(
        "Doctors cannot book an appointment with themselves. Choose another person."
    ),
    BookingErrorCode.PROFILE_REQUIRED: _("Your profile is missing. Fill in your profile first."),
    BookingErrorCode.ROLE_REQUIRED: _("You don't have permission to do this."),
    BookingErrorCode.INVALID_TRANSITION: _(
        "The appointment cannot be changed this way in its current status."
    ),
    BookingErrorCode.IDEMPOTENCY_KEY_REUSED: _(
        "This idempotency key was already used for a different request. Use a new key."
    ),
    BookingErrorCode.EMAIL_NOT_VERIFIED: _(
        "Confirm your email address first: use the link in the email that we have sent to it, or "
        "request another one."
    ),
    BookingErrorCode.TOO_MANY_OPEN_APPOINTMENTS: _(
        "You have as many appointments to come as can be booked online. Cancel one, or call the "
        "clinic."
    ),
    BookingErrorCode.TOO_LATE_TO_CHANGE: lazy(_with_call, str)(
        _("It is too late to cancel or reschedule this appointment online. Please {call}.")
    ),
    BookingErrorCode.TOO_MANY_MOVES: lazy(_with_call, str)(
        _("This appointment has been moved 10 times within a day. Try again tomorrow, or {call}.")
    ),
    BookingErrorCode.POSSIBLE_DUPLICATE: _(
        "The clinic may know this person already. Look for them first, and register them only if "
        "it is somebody else."
    ),
    BookingErrorCode.NOT_FOUND: _("Not found, or you don't have access to it."),
    BookingErrorCode.REQUIRED: _("This field is required."),
    BookingErrorCode.INVALID: _("This value is not valid."),
}
UNAVAILABLE_MESSAGES: dict[SlotUnavailableCode, StrPromise] = {
    SlotUnavailableCode.SLOT_TAKEN: _(
        "The doctor has another appointment at this time. Choose another time."
    ),
    SlotUnavailableCode.PATIENT_BUSY: _(
        "The patient has another appointment at this time. Choose another time."
    ),
    SlotUnavailableCode.FULLY_BOOKED: _(
        "The doctor takes no more appointments of this type on this day. Choose another day."
    ),
    SlotUnavailableCode.OUTSIDE_AVAILABILITY: _(
        "The doctor does not offer this time. Choose one of the available slots."
    ),
}


def booking_error(
    code: BookingErrorCode, field: str | None = None, message: str | None = None
) -> ValidationError:
    """Return a ValidationError with ``code`` for one field, or for the request as a whole."""
    # In a dict, because a list of errors loses its codes on the way to the client.
    error = ValidationError(message or str(MESSAGES[code]), code=code)
    return ValidationError({field or NON_FIELD_ERRORS: [error]})


class KnownPerson(NamedTuple):
    """A person whom the clinic knows, and who may be the one to register.

    ``patient_id`` and ``date_of_birth`` are None for an account without a patient profile.
    """

    name: str
    date_of_birth: dt.date | None
    user_id: int
    patient_id: int | None


class PossibleDuplicate(ValidationError):
    """The clinic may know the person to register already.

    ``people`` are for staff only. The message does not name them.
    """

    def __init__(self, people: Sequence[KnownPerson]) -> None:
        code = BookingErrorCode.POSSIBLE_DUPLICATE
        super().__init__({NON_FIELD_ERRORS: [ValidationError(str(MESSAGES[code]), code=code)]})
        self.people = list(people)


class OutsideWorkingTime(Exception):
    """The doctor does not work at the chosen time, and the caller wants to be asked first.

    ``free_slots`` are the doctor's free times of that day. They depend on the other appointments of
    the patient, whose primary key is ``patient_id``.
    """

    def __init__(self, message: str, free_slots: Sequence[Slot], *, patient_id: int) -> None:
        super().__init__(message)
        self.free_slots = list(free_slots)
        self.patient_id = patient_id


class RoleRequired(PermissionDenied):
    """The account lacks the role, or its role on this appointment does not allow the action."""

    code = BookingErrorCode.ROLE_REQUIRED

    def __init__(self) -> None:
        super().__init__(str(MESSAGES[self.code]))


class SlotUnavailable(Exception):
    """The requested time cannot be booked; ``next_available`` lists slots that can.

    Both depend on the other appointments of the patient, whose primary key is ``patient_id``.
    """

    def __init__(
        self,
        code: SlotUnavailableCode,
        next_available: Sequence[Slot] = (),
        *,
        patient_id: int,
        message: str = "",
    ) -> None:
        super().__init__(message or str(UNAVAILABLE_MESSAGES[code]))
        self.code = code
        self.next_available = list(next_available)
        self.patient_id = patient_id
