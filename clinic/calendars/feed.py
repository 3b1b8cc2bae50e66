"""One's appointments as a calendar to subscribe to, behind an address that only its owner knows.

The address is signed and not stored: whoever reads the database cannot make it,
and its owner can be shown it again. Another ``calendar_key`` ends it, as does
another ``SECRET_KEY`` that has not the old one among its fallbacks.
"""

import datetime as dt

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import Count
from django.utils.crypto import get_random_string

from clinic.calendars.ical import Entry
from clinic.models import Appointment
from users.models import User

KEPT_DAYS = 30
# What is medical is not even loaded.
SHOWN = (
    *("date", "time", "duration_minutes", "status", "updated_at"),
    *("doctor__user__first_name", "doctor__user__last_name", "patient__user_id"),
)


def token_of(user: User) -> str:
    """What the address of this account's calendar ends in."""
    return _signer().sign(f"{user.pk}-{user.calendar_key}")


def user_for_token(token: str) -> User | None:
    """Whose calendar it is; None if the token is made up, was reset, or its account closed."""
    try:
        pk, _, key = _signer().unsign(token).partition("-")
    except BadSignature:
        return None
    return User.objects.filter(pk=pk, calendar_key=key, is_active=True).get_or_none()


def reset_token(user: User) -> User:
    """Give the calendar another address; the old one leads nowhere from now on."""
    user.calendar_key = get_random_string(22)
    user.save(update_fields=["calendar_key"])
    return user


def entries_of(user: User, now: dt.datetime) -> list[Entry]:
    """The appointments on whose sides ``user`` stands, from 30 days past to the horizon.

    One statement, however many they are.
    """
    today = now.date()
    first, last = (today + dt.timedelta(days) for days in (-KEPT_DAYS, settings.HORIZON_DAYS))
    appointments = Appointment.objects.visible_to(user).filter(date__range=(first, last))
    appointments = appointments.select_related("doctor__user", "patient").only(*SHOWN)
    appointments = appointments.annotate(changes=Count("history")).order_by("date", "time", "pk")
    return [_entry(appointment, user) for appointment in appointments]


def _entry(appointment: Appointment, user: User) -> Entry:
    changes: int = appointment.changes  # type: ignore[attr-defined]  # annotated above
    return Entry(
        appointment,
        appointment.slot,
        appointment.status,
        max(changes - 1, 0),  # an imported appointment has no history
        appointment.updated_at,
        for_patient=appointment.patient.user_id == user.pk,
    )


def _signer() -> Signer:
    return Signer(salt="clinic.calendar_feed", sep=".")
