"""The closures of the demo clinic, and special hours of one of its doctors."""

import datetime as dt

from clinic.booking import date_exceptions
from clinic.models import Doctor, Weekday

SATURDAY_HOURS = ((dt.time(9), dt.time(12)), (dt.time(13), dt.time(15)))


def open_one_saturday(doctor: Doctor, now: dt.datetime) -> None:
    """Give the doctor hours on a Saturday of the week after next."""
    saturday = _first_weekday(now.date() + dt.timedelta(days=7), Weekday.SATURDAY)
    date_exceptions.set_special_hours(doctor, saturday, SATURDAY_HOURS, now)


def add_early_closure(now: dt.datetime) -> None:
    """Close the clinic for two days, after the appointments of a small demo."""
    first_day = _first_weekday(now.date() + dt.timedelta(days=35), Weekday.THURSDAY)
    date_exceptions.add_closure(
        name="Renovation", first_day=first_day, last_day=first_day + dt.timedelta(days=1), now=now
    )


def add_late_closure(now: dt.datetime) -> None:
    """Close the clinic on a day in the next two weeks on which appointments are booked already.

    Staff find these in the list of appointments that need attention.
    """
    day = _first_weekday(now.date() + dt.timedelta(days=7), Weekday.WEDNESDAY)
    date_exceptions.add_closure(name="Staff training", first_day=day, last_day=day, now=now)


def _first_weekday(date: dt.date, weekday: Weekday) -> dt.date:
    """Return the first date on this weekday that is not before ``date``."""
    return date + dt.timedelta(days=(weekday - date.weekday()) % 7)
