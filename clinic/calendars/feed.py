"""Calendar feed of a user's appointments and of those for whom the user acts, at a secret URL.

The token in the URL is signed and not stored. Someone who can read the database
therefore cannot create a feed URL, and the owner can display the same URL again.
Changing ``calendar_key`` invalidates the URL: ``User.save()`` does so with a new password
and with deactivation. So does changing ``SECRET_KEY`` without adding the old key to
``SECRET_KEY_FALLBACKS``.
"""

import datetime as dt
from collections.abc import Mapping

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import Count

from clinic.calendars.ical import Entry
from clinic.models import Appointment
from users.common.transactions import TransactionConflict
from users.models import User

PAST_DAYS = 30
# More appointments are left out, the latest ones first. Loading and rendering these takes a second.
MAX_ENTRIES = 3_000
# The only columns that are loaded: the medical ones never reach the feed's code.
COLUMNS = (
    *("date", "time", "duration_minutes", "status", "updated_at"),
    *("doctor__user__first_name", "doctor__user__last_name", "patient__user_id"),
)


def token_of(user: User) -> str:
    """Return the signed token that ends the URL of the user's calendar feed."""
    return _signer().sign(f"{user.pk}-{user.calendar_key}")


def user_for_token(token: str) -> User | None:
    """Return the active user whose feed the token opens; None if it is forged or was reset."""
    try:
        pk, _, key = _signer().unsign(token).partition("-")
    except BadSignature:
        return None
    return User.objects.filter(pk=pk, calendar_key=key, is_active=True).get_or_none()


def reset_token(user: User) -> User:
    """Give the user's calendar feed a new URL. The previous URL stops working immediately.

    Raises ``TransactionConflict`` if the password changed or the account was disabled since
    ``user`` was loaded: otherwise a session that ends at this moment would get the new URL.
    """
    user.renew_calendar_key()
    unchanged = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
    if not unchanged.update(calendar_key=user.calendar_key):
        raise TransactionConflict
    return user


def entries_of(user: User, now: dt.datetime) -> list[Entry]:
    """Return the appointments of those for whom ``user`` acts, ordered by start, in one query.

    These are the user's own as a doctor or a patient, those of dependants, and those of the doctors
    whom the user assists; for staff not all appointments. From ``PAST_DAYS`` before ``now`` to the
    booking horizon, cancelled ones included; at most the first ``MAX_ENTRIES``. A guardian's feed
    takes two more queries, an assistant's one more.
    """
    today = now.date()
    first, last = (today + dt.timedelta(days) for days in (-PAST_DAYS, settings.HORIZON_DAYS))
    appointments = Appointment.objects.as_patient(user) | Appointment.objects.as_doctor(user)
    appointments = (
        appointments.filter(date__range=(first, last))
        .select_related("doctor__user", "patient")
        .only(*COLUMNS)
    )
    appointments = appointments.annotate(changes=Count("history")).order_by("date", "time", "pk")
    names = _names_of_dependants(user)
    return [_entry(appointment, user, names) for appointment in appointments[:MAX_ENTRIES]]


def _names_of_dependants(user: User) -> dict[int, str]:
    """Return the first names of the user's dependants, by the primary key of the patient."""
    if not user.acts_for_patients:
        return {}
    return dict(user.dependants.values_list("patient", "patient__user__first_name"))


def _entry(appointment: Appointment, user: User, names: Mapping[int, str]) -> Entry:
    changes: int = appointment.changes  # type: ignore[attr-defined]  # annotated above
    return Entry(
        appointment,
        appointment.doctor,
        appointment.slot,
        appointment.status,
        max(changes - 1, 0),  # an imported appointment has no history
        appointment.updated_at,
        names_doctor=appointment.doctor.user_id != user.pk,
        dependant=names.get(appointment.patient_id, ""),
    )


def _signer() -> Signer:
    return Signer(salt="clinic.calendar_feed", sep=".")
