"""Limits on what patients can do, counted under the lock of the people involved."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Count, DateField, Q, QuerySet, TimeField

from clinic.booking.terms import Terms
from clinic.errors import BookingErrorCode, booking_error
from clinic.models import OPEN_STATUSES, Appointment
from users.common.prepared_queries import Parameter, PreparedQuery
from users.models import User

# Moves of one appointment by its patient. Each emails two people.
MAX_MOVES_PER_DAY = 10
# An account books for this many times as many appointments as one patient can have open.
PATIENTS_PER_ACCOUNT = 3


def full_days(
    terms_of_doctor: Mapping[int, Terms],
    first: dt.date,
    last: dt.date,
    *,
    moving: int | None = None,
) -> dict[int, set[dt.date]]:
    """Return the dates on which each doctor (primary key) takes no more appointments on the terms.

    Dates between ``first`` and ``last``, both included. Every appointment of the type that is not
    cancelled counts, also one that was booked by a doctor or staff. The appointment with the
    primary key ``moving`` does not count. One query; none if no terms have a daily limit.
    """
    limits = {
        doctor: (terms.appointment_type.pk, terms.max_per_day)
        for doctor, terms in terms_of_doctor.items()
        if terms.appointment_type and terms.max_per_day is not None
    }
    if not limits:
        return {}
    rows = Appointment.objects.live().filter(
        doctor__in=list(limits),
        appointment_type__in={appointment_type for appointment_type, _limit in limits.values()},
        date__range=(first, last),
    )
    if moving is not None:
        rows = rows.exclude(pk=moving)
    columns = rows.order_by().values_list("doctor", "appointment_type", "date")
    full: dict[int, set[dt.date]] = defaultdict(set)
    for doctor, appointment_type, date, count in columns.annotate(count=Count("pk")):
        limited_type, limit = limits[doctor]
        if appointment_type == limited_type and count >= limit:
            full[doctor].add(date)
    return full


def require_verified_email(actor: User) -> None:
    """Raise ``email_not_verified`` unless ``actor`` can book from the patient's side."""
    if settings.EMAIL_VERIFICATION_REQUIRED and not actor.has_verified_email:
        raise booking_error(BookingErrorCode.EMAIL_NOT_VERIFIED)


def _open_appointments() -> "QuerySet[Appointment, Any]":
    """Return patient and account of the open appointments that a booking is counted with."""
    date, time = Parameter("date", DateField()), Parameter("time", TimeField())
    return Appointment.objects.filter(
        Q(date__gt=date) | Q(date=date, time__gt=time),
        Q(patient=Parameter("patient", BigIntegerField()))
        | Q(booked_by=Parameter("account", BigIntegerField())),
        status__in=OPEN_STATUSES,
        booked_by_patient=True,
    ).values_list("patient", "booked_by")


OPEN_APPOINTMENTS = PreparedQuery(_open_appointments)


def require_open_appointments_left(appointment: Appointment, now: dt.datetime) -> None:
    """Raise ``too_many_open_appointments`` if the patient or the account has no more to book.

    Counts open appointments in the future that were booked from the patient's side: those of the
    patient, and those that ``appointment.booked_by`` has booked for any patient. The accounts of
    both must be locked, so that the counts are exact.
    """
    limit = settings.MAX_OPEN_APPOINTMENTS
    if not limit:
        return
    patient, account = appointment.patient_id, appointment.booked_by_id
    is_open = OPEN_APPOINTMENTS.rows(
        patient=patient, account=account, date=now.date(), time=now.time()
    )
    of_patient = sum(row[0] == patient for row in is_open)
    of_account = sum(row[1] == account for row in is_open)
    if of_patient >= limit or of_account >= limit * PATIENTS_PER_ACCOUNT:
        raise booking_error(BookingErrorCode.TOO_MANY_OPEN_APPOINTMENTS)


def require_moves_left(appointment: Appointment, now: dt.datetime) -> None:
    """Raise ``too_many_moves`` if it was moved too often within 24 hours from the patient's side.

    The appointment must be locked, so that the count is exact.
    """
    # Subtracted in UTC: Python subtracts from a local time by the wall clock.
    since = now.astimezone(dt.UTC) - dt.timedelta(days=1)
    history = appointment.history.order_by("pk").values_list(
        "date", "time", "changed_at", "changed_by", "on_behalf_of"
    )
    patient = appointment.patient.user_id
    moves = sum(
        (date, time) != before[:2] and changed_at > since and patient in people
        for before, (date, time, changed_at, *people) in pairwise(history)
    )
    if moves >= MAX_MOVES_PER_DAY:
        raise booking_error(BookingErrorCode.TOO_MANY_MOVES)
