"""Loading the calendars of doctors: what they offer, and who is busy.

Every search loads these rows for all its doctors, so they come as plain values from prepared
queries: building model instances, or compiling the SQL, takes longer than the database does.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db.models import IntegerField, Max, Min

from clinic.booking.criteria import SlotCriteria
from clinic.booking.doctor_calendar import DoctorCalendar, occupy
from clinic.booking.limits import full_days
from clinic.booking.offered_time import build_calendars
from clinic.booking.terms import BookedDoctor, Terms, terms_by_doctor, terms_without_type
from clinic.models import BusyTick
from clinic.slots import TICKS_PER_DAY, first_tick
from users.common.prepared_queries import Keys, Parameter, PreparedQuery

# An appointment owns every tick between its first and its last one.
BUSY = PreparedQuery(
    lambda: (
        BusyTick.objects.filter(
            person__in=Keys("people"),
            tick__gte=Parameter("start", IntegerField()),
            tick__lt=Parameter("stop", IntegerField()),
        )
        .values_list("person", "appointment")
        .annotate(first=Min("tick"), last=Max("tick"))
    )
)


def load_offered_time(
    doctors: Iterable[BookedDoctor], dates: Sequence[dt.date]
) -> dict[int, DoctorCalendar]:
    """Return what doctors (by primary key) offer on dates: hours, closures, time off; no bookings.

    ``dates`` are in order, and can leave out days. One query.
    """
    by_pk = {doctor.pk: doctor for doctor in doctors}
    terms = {pk: terms_without_type(doctor.slot_minutes) for pk, doctor in by_pk.items()}
    return build_calendars(by_pk, terms, dates)


def load_calendars(
    doctors: Iterable[BookedDoctor], criteria: SlotCriteria, dates: Sequence[dt.date]
) -> list[DoctorCalendar]:
    """Load the terms, hours, closures and time off of the doctors who have hours."""
    if not dates:
        return []
    # Not joined with the hours, which would repeat each doctor for each interval.
    by_pk = {doctor.pk: doctor for doctor in doctors}
    calendars = build_calendars(by_pk, load_terms(by_pk, criteria), dates)
    return [calendar for calendar in calendars.values() if calendar.hours or calendar.special]


def load_terms(doctors: Mapping[int, BookedDoctor], criteria: SlotCriteria) -> dict[int, Terms]:
    """Return the terms of the doctors who can be booked by the criteria, by primary key.

    One query, or none if the criteria name the terms.
    """
    if criteria.terms:
        return dict.fromkeys(doctors, criteria.terms)
    return terms_by_doctor(
        doctors.values(),
        criteria.appointment_type,
        for_patients=criteria.for_patients,
        own_doctors=criteria.own_doctors,
    )


def load_bookings(
    calendars: Collection[DoctorCalendar], criteria: SlotCriteria, dates: Sequence[dt.date]
) -> None:
    """Load the busy time on ``dates`` in one query, and the days that are full in another."""
    if not calendars or not dates:
        return
    others = criteria.people
    busy = _load_busy(
        others | {calendar.doctor.user_id for calendar in calendars},
        # No more than the buffers reach into the days before and after: a whole day more on each
        # side would make the search of one day load three.
        first_tick(dates[0]) - max(of.terms.ticks_before for of in calendars),
        first_tick(dates[-1]) + TICKS_PER_DAY + max(of.terms.ticks_after for of in calendars),
        criteria.moving,
    )
    # Daily limits hold for patients only.
    terms = {of.doctor.pk: of.terms for of in calendars} if criteria.for_patients else {}
    full = full_days(terms, dates[0], dates[-1], moving=criteria.moving)
    for calendar in calendars:
        doctor = calendar.doctor
        calendar.busy = busy[doctor.user_id]
        calendar.others_busy = [busy[person] for person in others - {doctor.user_id}]
        calendar.full = full.get(doctor.pk, ())


def _load_busy(
    people: Collection[int], start: int, stop: int, moving: int | None
) -> dict[int, dict[int, int]]:
    """Return the busy time of people in the ticks from ``start`` to ``stop - 1``.

    Without that of the appointment with the primary key ``moving``.
    """
    busy: dict[int, dict[int, int]] = {person: defaultdict(int) for person in people}
    for person, appointment, first, last in BUSY.rows(people=people, start=start, stop=stop):
        if appointment != moving:
            occupy(busy[person], first, last + 1)
    return busy


def load_working_days(
    doctors: Iterable[BookedDoctor], first: dt.date, last: dt.date
) -> dict[int, list[dt.date]]:
    """Return the dates from ``first`` to ``last`` on which each doctor works, by primary key.

    A doctor works on a date with hours that time off does not cover completely.
    """
    dates = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    return {
        pk: [date for date in dates if calendar.works_on(date)]
        for pk, calendar in load_offered_time(doctors, dates).items()
    }
