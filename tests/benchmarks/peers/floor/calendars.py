"""Doctors' open slots: one statement for all that decides them, and the computation.

Times are minutes since midnight, dates are ordinals, and several numbers are packed into one, so
that a row has arrays of integers, which the driver reads fastest.
"""

import datetime as dt
import os
from collections.abc import Iterator
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from clinic.slots import TICKS_PER_DAY, clock_change_ticks, wall_tick
from tests.benchmarks.peers.floor.session import Row

ZONE = ZoneInfo(os.environ["TIME_ZONE"])
LEAD_TIME_MINUTES = int(os.environ.get("LEAD_TIME_MINUTES", "0"))
HORIZON_DAYS = int(os.environ.get("HORIZON_DAYS", "365"))
# Of packed numbers.
BITS = 11
MASK = (1 << BITS) - 1

MINUTES = "(extract(epoch FROM {}) / 60)::bigint"
ORDINAL = "({} - date '0001-01-01' + 1)::bigint"
# 0 for a day without an interval. An end of 00:00 is 1440.
INTERVAL = f"""CASE WHEN start_time IS NULL THEN 0 ELSE {MINUTES.format("start_time")} << {BITS}
        | coalesce(nullif({MINUTES.format("end_time")}, 0), 1440) END"""
BUSY = f"""(SELECT array_agg(first << {BITS} | (last - first + 1)) FROM (
        SELECT min(tick)::bigint AS first, max(tick)::bigint AS last FROM clinic_busytick
        WHERE person_id = {{person}} AND tick >= %(first)s * {TICKS_PER_DAY} - {{before}}
            AND tick < (%(last)s + 1) * {TICKS_PER_DAY} + {{after}}
        GROUP BY appointment_id) AS appointments)"""  # noqa: S608 - our own text, as below
# Doctors who can be booked by patients, each with everything that decides its slots on the days
# from %(first)s to %(last)s; the condition {which} selects them.
DOCTORS = f"""
SELECT d.id, d.user_id, d.slot_minutes, coalesce(t.duration_minutes, d.slot_minutes),
    coalesce(t.before, 0), coalesce(t.after, 0), t.lead_time_minutes,
    (SELECT array_agg(weekday::bigint << {2 * BITS} | {INTERVAL} ORDER BY start_time)
     FROM clinic_workinghours WHERE doctor_id = d.id AND weekday = ANY (%(weekdays)s)),
    (SELECT array_agg({ORDINAL.format("date")} << {2 * BITS} | {INTERVAL} ORDER BY start_time)
     FROM clinic_specialhours s LEFT JOIN clinic_specialinterval i ON i.special_hours_id = s.id
     WHERE s.doctor_id = d.id AND date BETWEEN %(first_day)s AND %(last_day)s),
    (SELECT array_agg(ARRAY[starts_at, ends_at]) FROM clinic_timeoff
     WHERE doctor_id = d.id AND ends_at > %(starts_at)s AND starts_at < %(ends_at)s),
    {BUSY.format(person="d.user_id", before="coalesce(t.before, 0)", after="coalesce(t.after, 0)")},
    (SELECT array_agg(day) FROM (
        SELECT {ORDINAL.format("date")} AS day FROM clinic_appointment
        WHERE doctor_id = d.id AND live AND appointment_type_id = t.id
            AND date BETWEEN %(first_day)s AND %(last_day)s
        GROUP BY date HAVING count(*) >= t.max_per_day) AS full_days),
    d.specialty, u.first_name, u.last_name, coalesce(t.confirmation = 'automatic', false),
    t.id, coalesce(t.buffer_before_minutes, 0), coalesce(t.buffer_after_minutes, 0),
    coalesce(t.cancellation_notice_minutes, 0), NULL::jsonb
FROM clinic_doctor d JOIN users_user u ON u.id = d.user_id
LEFT JOIN LATERAL (
    SELECT t.*, (buffer_before_minutes + 4) / 5 AS before, (buffer_after_minutes + 4) / 5 AS after
    FROM clinic_offeredtype o JOIN clinic_appointmenttype t ON t.id = o.appointment_type_id
    WHERE o.doctor_id = d.id AND t.active AND t.bookable_by = 'patients'
    ORDER BY o.position LIMIT 1
) AS t ON true
WHERE {{which}} AND d.approved AND u.is_active AND u.is_doctor
    AND (t.id IS NOT NULL
        OR NOT EXISTS (SELECT FROM clinic_offeredtype WHERE doctor_id = d.id))
"""  # noqa: S608 - our own text
# In the same columns what concerns the whole clinic and the caller: closures and busy time.
CALLER = f"""
UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    (SELECT array_agg({ORDINAL.format("first_day")} << {2 * BITS} | {ORDINAL.format("last_day")})
     FROM clinic_closure WHERE last_day >= %(first_day)s AND first_day <= %(last_day)s),
    NULL, {BUSY.format(person="%(caller)s", before=0, after=0)},
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, {{extra}}
"""  # noqa: S608 - our own text


def statement(which: str, extra: str = "NULL::jsonb") -> str:
    """Return the statement that loads calendars of doctors, and the caller as the last row."""
    return DOCTORS.format(which=which) + CALLER.format(extra=extra)


def period(first: int, last: int) -> dict[str, object]:
    """Return the parameters for the days (ordinals) from ``first`` to ``last``."""
    # With the days before and after, into which buffers reach.
    first_day, last_day = dt.date.fromordinal(first), dt.date.fromordinal(last)
    day = dt.timedelta(days=1)
    starts_at = dt.datetime.combine(first_day - day, dt.time(), ZONE)
    ends_at = dt.datetime.combine(last_day + 2 * day, dt.time(), ZONE)
    weekdays = [(each - 1) % 7 for each in range(first, min(last + 1, first + 7))]
    return {
        "first": first,
        "last": last,
        "first_day": first_day,
        "last_day": last_day,
        "weekdays": weekdays,
        "starts_at": starts_at,
        "ends_at": ends_at,
    }


class Search:
    """A search on the days (ordinals) from ``first`` to ``last``; common to all doctors.

    ``row`` is the last row of the statement, about the clinic and the caller.
    """

    def __init__(self, row: Row, first: int, last: int, now: dt.datetime) -> None:
        self.days, self._now = range(first, last + 1), now
        self._closed: set[int] = set()
        for number in row[8] or ():
            self._closed.update(range(number >> 2 * BITS, (number & (1 << 2 * BITS) - 1) + 1))
        # From midnight of the first day on.
        self._busy = _bitmap(row[10], first * TICKS_PER_DAY)
        for day in self.days:
            for tick in clock_change_ticks(dt.date.fromordinal(day), ZONE):
                self._busy |= 1 << (tick - first * TICKS_PER_DAY)
        self._blocked = lru_cache(partial(_smeared, self._busy))
        self._opens_at = lru_cache(self._opening)

    def open_slots(self, doctor: Row) -> Iterator[tuple[int, int]]:
        """Yield day and start in minutes of the doctor's open slots, in order."""
        step, length, before, after, lead = doctor[2:7]
        ticks, first = length // 5, self.days.start
        weekly, special = _hours(doctor[7]), _hours(doctor[8])
        # Bit n: not all ticks are free that a slot at tick n takes, of the doctor or the caller.
        blocked = _smeared(_unavailable(doctor, first - 1), before + ticks + after)
        blocked = blocked >> TICKS_PER_DAY - before | self._blocked(ticks)
        full, opens_at = doctor[11] or (), self._opens_at(lead)
        for day in self.days:
            hours = special.get(day) if day in special else weekly.get((day - 1) % 7)
            if not hours or day in self._closed or day in full:
                continue
            of_day, is_first = blocked >> (day - first) * TICKS_PER_DAY, day <= opens_at.toordinal()
            for start, end in hours:
                for minute in range(start, end - length + 1, step):
                    if of_day >> minute // 5 & 1:
                        continue
                    if not is_first or _moment(day, minute) >= opens_at:
                        yield day, minute

    def _opening(self, lead: int | None) -> dt.datetime:
        """Return the earliest moment at which an appointment can start."""
        minutes = LEAD_TIME_MINUTES if lead is None else lead
        return (self._now.astimezone(dt.UTC) + dt.timedelta(minutes=minutes)).astimezone(ZONE)


def _unavailable(doctor: Row, day: int) -> int:
    """Return the bitmap of the ticks from ``day`` on in which the doctor is busy or away."""
    origin = day * TICKS_PER_DAY
    bitmap = _bitmap(doctor[10], origin)
    for starts_at, ends_at in doctor[9] or ():
        start = max(wall_tick(starts_at, ZONE), origin)
        stop = max(wall_tick(ends_at, ZONE, round_up=True), start)
        bitmap |= (1 << stop - origin) - (1 << start - origin)
    return bitmap


def _bitmap(busy: list[int] | None, origin: int) -> int:
    """Return the bitmap of busy time, each appointment packed as first tick and length."""
    bitmap = 0
    for number in busy or ():
        bitmap |= ((1 << (number & MASK)) - 1) << (number >> BITS) - origin
    return bitmap


def _hours(packed: list[int] | None) -> dict[int, list[tuple[int, int]]]:
    """Return the intervals by weekday or day; none for special hours without an interval."""
    hours: dict[int, list[tuple[int, int]]] = {}
    for number in packed or ():
        intervals = hours.setdefault(number >> 2 * BITS, [])
        if number & (1 << 2 * BITS) - 1:
            intervals.append((number >> BITS & MASK, number & MASK))
    return hours


def _smeared(busy: int, length: int) -> int:
    """Return the bitmap of the positions from which ``length`` bits are not all free."""
    done = 1
    while done < length:
        shift = min(done, length - done)
        busy |= busy >> shift
        done += shift
    return busy


def _moment(day: int, minute: int) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromordinal(day), dt.time(*divmod(minute, 60)), ZONE)


class Days:
    """Slots as JSON objects; the texts of a day are made once."""

    def __init__(self, length: int) -> None:
        self.length = length
        self._texts: dict[int, tuple[str, str | None]] = {}

    def slot(self, day: int, minute: int) -> dict[str, object]:
        if day not in self._texts:
            date = dt.date.fromordinal(day)
            noon = dt.datetime.combine(date, dt.time(12), ZONE)
            offset = None if clock_change_ticks(date, ZONE) else noon.isoformat()[-6:]
            self._texts[day] = date.isoformat(), offset
        text, offset = self._texts[day]
        end = minute + self.length
        time = f"{minute // 60:02}:{minute % 60:02}:00"
        if offset and end < 1440:
            starts_at = f"{text}T{time}{offset}"
            ends_at = f"{text}T{end // 60:02}:{end % 60:02}:00{offset}"
        else:
            moment = _moment(day, minute)
            later = moment.astimezone(dt.UTC) + dt.timedelta(minutes=self.length)
            starts_at, ends_at = moment.isoformat(), later.astimezone(ZONE).isoformat()
        return {
            "date": text,
            "time": time,
            "duration_minutes": self.length,
            "starts_at": starts_at,
            "ends_at": ends_at,
        }
