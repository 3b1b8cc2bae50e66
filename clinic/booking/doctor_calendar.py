"""Calendars of doctors: what decides their open slots.

Busy time is held in bitmaps: an int per person and day in which bit n stands for the
five minutes (one tick) that start 5n minutes after midnight on the clinic's wall clock.

Buffers are time that only the doctor needs, so a slot is compared with two bitmaps: with its
buffers with the doctor's, and without them with that of the other people.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from clinic.booking.criteria import SlotCriteria
from clinic.booking.terms import BookedDoctor, Terms
from clinic.slots import (
    GRID_MINUTES,
    TICKS_PER_DAY,
    Slot,
    clock_change_ticks,
    first_tick,
    time_of,
)

# One person's busy time: the bitmap of each day, by the day's ordinal (``date.toordinal()``).
BusyDays = Mapping[int, int]


@dataclass(slots=True)
class DoctorCalendar:
    """Everything that decides the open slots of one doctor.

    ``hours``: by weekday (Monday is 0), the working hours as ranges of minutes since midnight.
    ``special``: the same by date, for the dates with special hours.
    ``closed``: the name of the clinic's closure by date, for the dates on which there is one.
    ``time_off``: ranges of ticks, counted as in ``clinic.slots``.
    ``busy``, ``others_busy``: the busy time of the doctor, and of each other person who must be
    free.
    ``full``: the dates on which the doctor takes no more appointments on these terms.
    """

    doctor: BookedDoctor
    terms: Terms
    hours: dict[int, list[range]] = field(default_factory=lambda: defaultdict(list))
    special: dict[dt.date, list[range]] = field(default_factory=dict)
    closed: Mapping[dt.date, str] = field(default_factory=dict)
    time_off: list[range] = field(default_factory=list)
    busy: BusyDays = field(default_factory=dict)
    others_busy: list[BusyDays] = field(default_factory=list)
    full: Collection[dt.date] = ()

    def hours_on(self, date: dt.date) -> list[range]:
        """Return the doctor's hours on a date as ranges of minutes since midnight, in order.

        A closure of the clinic comes first, then special hours, then the weekly hours.
        """
        if date in self.closed:
            return []
        if date in self.special:
            return self.special[date]
        return self.hours.get(date.weekday(), [])

    def works_on(self, date: dt.date) -> bool:
        """Return whether the doctor has hours on a date that time off does not cover completely."""
        off = self._time_off_bits(first_tick(date), TICKS_PER_DAY)
        at_work = 0
        for hours in self.hours_on(date):
            at_work |= bits_between(hours.start // GRID_MINUTES, hours.stop // GRID_MINUTES)
        return bool(at_work & ~off)

    def slots(self, date: dt.date, criteria: SlotCriteria) -> Iterator[Slot]:
        """Yield the open slots of one day, in order."""
        hours = self.hours_on(date)
        if not hours or date in self.full:
            return
        step, length = self.doctor.slot_minutes, self.terms.duration_minutes
        before, after = self.terms.ticks_before, self.terms.ticks_after
        # As many low bits as the slot has ticks; compared with the day from the slot's start.
        slot_bits = (1 << length // GRID_MINUTES) - 1
        span_bits = (1 << before + length // GRID_MINUTES + after) - 1
        doctor_busy = self._doctor_unavailable(date)
        others_busy = self._others_unavailable(date, criteria.window.zone)
        window = criteria.window_for(self.terms)
        first_minute = window.first_minute(date)
        first = 0 if first_minute is None else -(-first_minute // GRID_MINUTES)
        for interval in hours:
            for tick, time in _starts(interval, step, length):
                if tick < first or others_busy >> tick & slot_bits:
                    continue
                if doctor_busy >> (TICKS_PER_DAY + tick - before) & span_bits:
                    continue
                slot = Slot(date, time, length)
                if first_minute is not None or not window.violation(slot):
                    yield slot

    def earliest_minute(self, date: dt.date, first_minute: int) -> int | None:
        """Return the minute of the day at which the first slot from ``first_minute`` on starts.

        None if there is none. Bookings and time off are not considered.
        """
        return next(
            (
                tick * GRID_MINUTES
                for interval in self.hours_on(date)
                for tick, _time in _starts(
                    interval, self.doctor.slot_minutes, self.terms.duration_minutes
                )
                if tick * GRID_MINUTES >= first_minute
            ),
            None,
        )

    def _doctor_unavailable(self, date: dt.date) -> int:
        """Return a bitmap of the ticks in which the doctor is busy or has time off.

        It begins at midnight of the day before and covers three days, because a buffer can begin
        on the day before or end on the day after.
        """
        day = date.toordinal()
        bitmap = self._time_off_bits((day - 1) * TICKS_PER_DAY, 3 * TICKS_PER_DAY)
        for number in range(3):
            bitmap |= self.busy.get(day - 1 + number, 0) << number * TICKS_PER_DAY
        return bitmap

    def _time_off_bits(self, first: int, length: int) -> int:
        """Return a bitmap of the time off in ``length`` ticks from the tick ``first`` on."""
        bitmap = 0
        for ticks in self.time_off:
            bitmap |= bits_between(max(ticks.start - first, 0), min(ticks.stop - first, length))
        return bitmap

    def _others_unavailable(self, date: dt.date, zone: dt.tzinfo) -> int:
        """Return the day's bitmap of the ticks in which no appointment can take place.

        In these another person is busy, or the clock skips or repeats them.
        """
        bitmap = 0
        for days in self.others_busy:
            bitmap |= days.get(date.toordinal(), 0)
        for tick in clock_change_ticks(date, zone):
            bitmap |= 1 << (tick - first_tick(date))
        return bitmap


@lru_cache(maxsize=4096)
def _starts(hours: range, step: int, length: int) -> tuple[tuple[int, dt.time], ...]:
    """Return the tick of the day and the time of each slot of ``length`` minutes within hours.

    ``hours`` is in minutes since midnight. The same on each day of the year.
    """
    return tuple(
        (minute // GRID_MINUTES, time_of(minute))
        for minute in range(hours.start, hours.stop - length + 1, step)
    )


def occupy(days: dict[int, int], start: int, stop: int) -> None:
    """Set the bits of the ticks ``start`` to ``stop - 1``, which can lie on several days."""
    while start < stop:
        day, bit = divmod(start, TICKS_PER_DAY)
        end = min(stop - day * TICKS_PER_DAY, TICKS_PER_DAY)
        days[day] |= bits_between(bit, end)
        start = day * TICKS_PER_DAY + end


def bits_between(start: int, stop: int) -> int:
    """Return a bitmap with bits ``start`` to ``stop - 1`` set."""
    return (1 << stop) - (1 << start) if start < stop else 0
