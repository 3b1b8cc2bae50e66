"""What doctors offer, in one statement: hours, special hours, closures and time off."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    CharField,
    DateField,
    DateTimeField,
    Expression,
    F,
    Field,
    IntegerField,
    QuerySet,
    TimeField,
    Value,
)
from django.db.models.functions import Cast

from clinic import clock
from clinic.booking.doctor_calendar import DoctorCalendar
from clinic.booking.terms import BookedDoctor, Terms
from clinic.models import Closure, SpecialHours, TimeOff, WorkingHours
from clinic.slots import minutes_between, ticks_between
from users.common.prepared_queries import Keys, Parameter, PreparedQuery

HOURS, SPECIAL, TIME_OFF, CLOSURE = range(4)
# The columns of a row. A row of each kind has those of its kind, and null in the others.
COLUMNS: "dict[str, Field[Any, Any]]" = {
    "kind": IntegerField(),
    "key": BigIntegerField(),
    "weekday": IntegerField(),
    "first_day": DateField(),
    "last_day": DateField(),
    "opens": TimeField(),
    "closes": TimeField(),
    "starts_at": DateTimeField(),
    "ends_at": DateTimeField(),
    "name": CharField(),
}


class OfferedRow(NamedTuple):
    """A row of ``OFFERED_TIME``. Which columns are not null depends on ``kind``.

    ``key`` is the primary key of the closure, or of the doctor. Special hours have the date in
    ``first_day``, and no times on a date on which the doctor does not work.
    """

    kind: int
    key: int
    weekday: int
    first_day: dt.date
    last_day: dt.date
    opens: dt.time | None
    closes: dt.time
    starts_at: dt.datetime
    ends_at: dt.datetime
    name: str


def _rows(kind: int, rows: "QuerySet[Any, Any]", **columns: str) -> "QuerySet[Any, Any]":
    """Return the rows with all of COLUMNS: from the named fields, the others null."""
    selected: list[Expression | F] = [
        F(columns[name]) if name in columns else Cast(Value(None, field), field)
        for name, field in COLUMNS.items()
    ]
    selected[0] = Value(kind, IntegerField())
    return rows.order_by().values_list(*selected)


def _offered_time() -> "QuerySet[Any, Any]":
    doctors = Keys("doctors")
    first, last = Parameter("first", DateField()), Parameter("last", DateField())
    start, end = Parameter("start", DateTimeField()), Parameter("end", DateTimeField())
    hours = WorkingHours.objects.filter(doctor__in=doctors, weekday__in=Keys("weekdays"))
    special = SpecialHours.objects.filter(doctor__in=doctors, date__gte=first, date__lte=last)
    time_off = TimeOff.objects.filter(doctor__in=doctors, ends_at__gt=start, starts_at__lt=end)
    closures = Closure.objects.between(first, last)
    interval = {"opens": "intervals__start_time", "closes": "intervals__end_time"}
    return _rows(
        HOURS, hours, key="doctor", weekday="weekday", opens="start_time", closes="end_time"
    ).union(
        _rows(SPECIAL, special, key="doctor", first_day="date", **interval),
        _rows(TIME_OFF, time_off, key="doctor", starts_at="starts_at", ends_at="ends_at"),
        _rows(CLOSURE, closures, key="pk", first_day="first_day", last_day="last_day", name="name"),
        all=True,
    )


OFFERED_TIME = PreparedQuery(_offered_time)


def build_calendars(
    doctors: Mapping[int, BookedDoctor], terms: Mapping[int, Terms], dates: Sequence[dt.date]
) -> dict[int, DoctorCalendar]:
    """Load what the doctors with terms offer on ``dates``, by primary key. One query.

    ``dates`` are in order. ``hours`` of the calendars has the weekdays of the dates.
    """
    if not terms:
        return {}
    zone = clock.zone()
    start, end = _with_neighbours(dates, zone)
    rows: tuple[list[OfferedRow], ...] = ([], [], [], [])
    for row in OFFERED_TIME.rows(
        doctors=terms,
        weekdays={date.weekday() for date in dates},
        first=dates[0],
        last=dates[-1],
        start=start,
        end=end,
    ):
        rows[row[0]].append(OfferedRow._make(row))
    closures = sorted(rows[CLOSURE], key=attrgetter("first_day", "last_day", "key"))
    closed = _closed_dates(dates, closures)
    calendars = {
        pk: DoctorCalendar(doctors[pk], of_doctor, closed=closed) for pk, of_doctor in terms.items()
    }
    for row in sorted(rows[HOURS], key=attrgetter("opens")):
        hours = calendars[row.key].hours[row.weekday]
        hours.append(minutes_between(row.opens, row.closes))
    for row in rows[SPECIAL]:
        intervals = calendars[row.key].special.setdefault(row.first_day, [])
        if row.opens is not None:
            intervals.append(minutes_between(row.opens, row.closes))
            intervals.sort(key=attrgetter("start"))
    for row in rows[TIME_OFF]:
        span = ticks_between(row.starts_at, row.ends_at, zone)
        calendars[row.key].time_off.append(span)
    return calendars


def load_closures(dates: Sequence[dt.date]) -> dict[dt.date, str]:
    """Return the name of the closure on each of the dates on which the clinic is closed.

    One query; none without dates.
    """
    if not dates:
        return {}
    return _closed_dates(dates, list(Closure.objects.between(min(dates), max(dates))))


def _closed_dates(
    dates: Iterable[dt.date], closures: "Sequence[Closure | OfferedRow]"
) -> dict[dt.date, str]:
    """Return the name of the closure on each closed date.

    Of closures that overlap, the first one counts; they come in the order of ``Closure``.
    """
    closed: dict[dt.date, str] = {}
    for closure in reversed(closures):
        days = (date for date in dates if closure.first_day <= date <= closure.last_day)
        closed |= dict.fromkeys(days, closure.name)
    return closed


def _with_neighbours(dates: Sequence[dt.date], zone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
    """Return the period of the dates and of a day more on each side, into which buffers reach."""
    day = dt.timedelta(days=1)
    # The calendar ends on 31 December 9999.
    first = max(dates[0], dt.date.min + day) - day
    last = min(dates[-1], dt.date.max - 2 * day) + 2 * day
    return (
        dt.datetime.combine(first, dt.time(), zone),
        dt.datetime.combine(last, dt.time(), zone),
    )
