"""Search for the doctors who have time first, among many."""

import datetime as dt
from bisect import insort
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from django.conf import settings

from clinic.booking.availability import dates_in_window
from clinic.booking.calendar_loading import load_bookings, load_terms
from clinic.booking.criteria import SlotCriteria
from clinic.booking.doctor_calendar import DoctorCalendar
from clinic.booking.offered_time import build_calendars
from clinic.booking.terms import Searched
from clinic.rules import BookingWindow
from clinic.slots import Slot, minute_of_day

# The calendars of these days are loaded first; on most days they are enough.
FIRST_DAYS = 2
# The appointments of so many doctors are loaded first, and then of twice as many each time.
FIRST_DOCTORS = 16


class _Rank(NamedTuple):
    """The order of doctors: by the start of their slot, its length, and the primary key."""

    date: dt.date
    minute: int
    duration_minutes: int
    doctor: int


class _Found(NamedTuple):
    rank: _Rank
    slot: Slot


def earliest_slots(
    doctors: Iterable[Searched], criteria: SlotCriteria, start: dt.date, *, count: int
) -> list[tuple[Slot, Searched]]:
    """Return the earliest open slot from ``start`` on of up to ``count`` doctors, with the doctor.

    Those whose slot starts first, in that order; then shorter slots, and doctors with a smaller
    primary key, come first. A day is searched only if the days before it have too few, and a
    doctor's appointments are loaded only if that doctor can have an earlier slot than those found.
    The number of queries grows with the logarithm of the number of doctors and days.
    """
    if not count:
        return []
    by_pk = {doctor.pk: doctor for doctor in doctors}
    terms = load_terms(by_pk, criteria)
    search = _Search(criteria, count)
    for part in filter(None, _parts(criteria.window, start)):
        if len(search.found) < count:
            found = {each.rank.doctor for each in search.found}
            remaining = {pk: terms[pk] for pk in terms if pk not in found}
            search.run(build_calendars(by_pk, remaining, part), part)
    return [(each.slot, by_pk[each.rank.doctor]) for each in search.found[:count]]


def _parts(window: BookingWindow, start: dt.date) -> Iterator[list[dt.date]]:
    """Yield the first dates of the search, and then the others up to the horizon."""
    first = dates_in_window(window, start, FIRST_DAYS)
    yield first
    yield dates_in_window(window, start, settings.HORIZON_DAYS + 1)[len(first) :]


class _Search:
    """The search for ``count`` doctors. ``found`` has those with a slot, in order."""

    def __init__(self, criteria: SlotCriteria, count: int) -> None:
        self.criteria, self.count = criteria, count
        self.found: list[_Found] = []
        self._group_size = max(FIRST_DOCTORS, 2 * count)

    def run(self, calendars: dict[int, DoctorCalendar], dates: Sequence[dt.date]) -> None:
        """Search the dates in order, 1, 2, 4, … at a time, until enough doctors are found."""
        working_days = (
            date for date in dates if any(of.hours_on(date) for of in calendars.values())
        )
        days = 1
        while calendars and (block := list(islice(working_days, days))):
            for pk in self._search_block(calendars, block):
                del calendars[pk]
            if len(self.found) >= self.count:
                return
            days *= 2

    def _search_block(
        self, calendars: dict[int, DoctorCalendar], dates: Sequence[dt.date]
    ) -> list[int]:
        """Search dates, the doctors who can have the earliest slots first; return those found."""
        ranks = sorted(self._earliest_possible(calendars, dates))
        found: list[int] = []
        while ranks and not self._is_complete(ranks[0]):
            size, self._group_size = self._group_size, 2 * self._group_size
            group = [calendars[rank.doctor] for rank in ranks[:size]]
            ranks = ranks[size:]
            load_bookings(group, self.criteria, dates)
            found += self._search_group(group, dates)
        return found

    def _earliest_possible(
        self, calendars: dict[int, DoctorCalendar], dates: Sequence[dt.date]
    ) -> Iterator[_Rank]:
        """Yield the rank that each doctor has at best, known without the appointments."""
        first_minutes: dict[tuple[int | None, dt.date], int] = {}
        for pk, calendar in calendars.items():
            for date in dates:
                # Doctors share few lead times, on which the first minute depends.
                key = (calendar.terms.lead_time_minutes, date)
                if key not in first_minutes:
                    window = self.criteria.window_for(calendar.terms)
                    first_minutes[key] = window.first_minute(date) or 0
                minute = calendar.earliest_minute(date, first_minutes[key])
                if minute is not None:
                    yield _Rank(date, minute, calendar.terms.duration_minutes, pk)
                    break

    def _is_complete(self, rank: _Rank) -> bool:
        """Whether enough doctors are found, and all of them come before ``rank``."""
        return len(self.found) >= self.count and self.found[self.count - 1].rank < rank

    def _search_group(
        self, group: Collection[DoctorCalendar], dates: Sequence[dt.date]
    ) -> Iterator[int]:
        """Find the first slot of each doctor on the dates; yield the doctors who have one."""
        for calendar in group:
            slots = (slot for date in dates for slot in calendar.slots(date, self.criteria))
            if slot := next(slots, None):
                pk = calendar.doctor.pk
                rank = _Rank(slot.date, minute_of_day(slot.time), slot.duration_minutes, pk)
                insort(self.found, _Found(rank, slot))
                yield pk
