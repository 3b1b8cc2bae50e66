"""Steps that change what doctors offer: hours, special hours, closures, time off and types."""

import datetime as dt
from typing import Any

import hypothesis.strategies as st
from django.core.exceptions import ValidationError
from hypothesis.stateful import precondition, rule

from clinic.booking.catalogue import save_appointment_type, set_appointment_types
from clinic.booking.date_exceptions import (
    add_closure,
    remove_closure,
    remove_special_hours,
    set_special_hours,
)
from clinic.booking.schedules import Interval, add_time_off, remove_time_off, set_working_hours
from clinic.slots import time_of
from tests.clinic.booking.machine_base import DAYS, PICK, WHO, MachineBase
from tests.clinic.booking.reference_people import ModelType

EDGES = st.lists(st.integers(0, 288), max_size=4, unique=True).map(sorted)
# Terms of a type, by field.
TYPE_TERMS = st.fixed_dictionaries(
    {
        "duration_minutes": st.sampled_from([15, 30, 45, 90]),
        "buffer_before_minutes": st.sampled_from([0, 0, 5, 30, 480]),
        "buffer_after_minutes": st.sampled_from([0, 0, 10, 45, 300]),
        "confirmation": st.sampled_from(["manual", "automatic"]),
        "bookable_by": st.sampled_from(["patients", "patients", "patients", "staff"]),
        "lead_time_minutes": st.sampled_from([None, None, 0, 600]),
        "cancellation_notice_minutes": st.sampled_from([0, 0, 60, 1440]),
        "max_per_day": st.sampled_from([None, 1, 1, 2]),
        "active": st.sampled_from([True, True, True, False]),
    }
)
OFFERED = st.lists(st.integers(0, 2), unique=True, max_size=3)


def intervals(edges: list[int]) -> list[tuple[int, int]]:
    """Return the intervals, in minutes, between pairs of ticks."""
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [(start * 5, end * 5) for start, end in pairs]


class ScheduleSteps(MachineBase):
    """Steps that change what doctors offer. None changes an appointment."""

    def add_type(self, terms: dict[str, Any]) -> None:
        self.types.append(save_appointment_type(name=f"Type {len(self.types)}", **terms))
        self.model_types.append(ModelType(**terms))

    @rule(
        who=WHO, number=st.integers(0, 2), terms=TYPE_TERMS, offered=st.one_of(st.none(), OFFERED)
    )
    def change_types(
        self, who: int, number: int, terms: dict[str, Any], offered: list[int] | None
    ) -> None:
        """Change which types a doctor offers, or with None the terms of a type."""
        if offered is not None:
            self.offer_types(who, offered)
            return
        save_appointment_type(self.types[number].pk, **terms)
        for name, value in terms.items():
            setattr(self.model_types[number], name, value)

    def offer_types(self, who: int, numbers: list[int]) -> None:
        set_appointment_types(self.doctors[who], [self.types[number].pk for number in numbers])
        self.model_doctors[who].types = [self.model_types[number] for number in numbers]

    @rule(
        who=WHO,
        day=st.integers(0, 6),
        edges=EDGES,
        slot_minutes=st.sampled_from([15, 30, 50]),
    )
    def change_working_hours(self, who: int, day: int, edges: list[int], slot_minutes: int) -> None:
        others = [hours for hours in self.model_doctors[who].hours if hours[0] != day]
        of_day = [(day, start, end) for start, end in intervals(edges)]
        self.set_hours(who, [*others, *of_day])
        self.doctors[who].slot_minutes = self.model_doctors[who].slot_minutes = slot_minutes
        self.doctors[who].save()

    def set_hours(self, who: int, week: list[tuple[int, int, int]]) -> None:
        hours = [Interval(day, time_of(start), time_of(end)) for day, start, end in week]
        set_working_hours(self.doctors[who], hours)
        self.model_doctors[who].hours = week

    @rule(who=WHO, days=DAYS, edges=st.one_of(st.none(), EDGES, st.just([0, 288])))
    def change_special_hours(self, who: int, days: int, edges: list[int] | None) -> None:
        date, special = self.day(days), self.model_doctors[who].special
        if edges is None:
            if special.pop(date, None) is not None:
                remove_special_hours(self.doctors[who], date)
            return
        hours = intervals(edges)
        times = [(time_of(start), time_of(end)) for start, end in hours]
        try:
            set_special_hours(self.doctors[who], date, times, self.local_now)
        except ValidationError as error:
            [past] = error.error_dict["date"]
            assert (past.code, date < self.local_now.date()) == ("in_the_past", True)
            return
        assert date >= self.local_now.date()
        special[date] = hours

    @rule(days=st.integers(2, 5), length=st.integers(0, 2))
    def change_closures(self, days: int, length: int) -> None:
        if not length:
            for pk, period in self.closures:
                remove_closure(pk)
                self.model.closures.remove(period)
            self.closures.clear()
            return
        first, last = self.day(days), self.day(days + length - 1)
        try:
            closure = add_closure(name="Course", first_day=first, last_day=last, now=self.local_now)
        except ValidationError as error:
            [past] = error.error_dict["last_day"]
            assert (past.code, last < self.local_now.date()) == ("in_the_past", True)
            return
        assert last >= self.local_now.date()
        self.closures.append((closure.pk, (first, last)))
        self.model.closures.append((first, last))

    @rule(who=WHO, hours=st.integers(0, 120), minutes=st.integers(1, 1500))
    def add_time_off_period(self, who: int, hours: int, minutes: int) -> None:
        starts_at = self.opening + dt.timedelta(hours=hours)
        period = (starts_at, starts_at + dt.timedelta(minutes=minutes))
        try:
            added = add_time_off(
                self.doctors[who], starts_at=period[0], ends_at=period[1], now=self.local_now
            )
        except ValidationError as error:
            [ended] = error.error_dict["ends_at"]
            assert (ended.code, period[1] <= self.now) == ("in_the_past", True)
            return
        assert period[1] > self.now
        self.model_doctors[who].time_off.append(period)
        self.time_off.append((self.model_doctors[who], added.pk, period))

    @precondition(lambda self: self.time_off)
    @rule(pick=PICK)
    def remove_time_off_period(self, pick: int) -> None:
        model_doctor, pk, period = self.time_off.pop(pick % len(self.time_off))
        remove_time_off(self.doctors[self.model_doctors.index(model_doctor)], pk)
        model_doctor.time_off.remove(period)
