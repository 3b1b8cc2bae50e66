"""How the demo appointments are distributed over past and future weeks."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from clinic.demo.people import is_left_unapproved
from clinic.demo.working_hours import slots_per_week

# Half of the slots stay available for booking.
FILLED_SHARE = 0.5
MIN_PAST_WEEKS, MIN_FUTURE_WEEKS = 4, 3
MAX_PAST_WEEKS = 520
FUTURE_SHARE = 0.2
# A patient has at most one appointment a day, so that appointments of a patient with
# different doctors cannot overlap.
DAYS_PER_WEEK = 5


class TooManyAppointments(Exception):
    def __init__(self) -> None:
        super().__init__(
            "That many appointments do not fit into ten years. "
            "Add doctors and patients, or request fewer appointments."
        )


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """The weeks that get appointments. Week 0 is ``today`` and the six days after it."""

    today: dt.date
    appointments: int
    past_weeks: int
    future_weeks: int

    @property
    def first_day(self) -> dt.date:
        return self.today - dt.timedelta(weeks=self.past_weeks)

    @property
    def last_day(self) -> dt.date:
        return self.today + dt.timedelta(weeks=self.future_weeks) - dt.timedelta(days=1)


def make_plan(today: dt.date, *, doctors: int, patients: int, appointments: int) -> DemoPlan:
    """Choose as many weeks as these people need for the appointments.

    Raises ``TooManyAppointments`` if that is more than ``MAX_PAST_WEEKS``.
    """
    slots = sum(slots_per_week(index) for index in range(doctors) if not is_left_unapproved(index))
    capacity = min(int(slots * FILLED_SHARE), patients * DAYS_PER_WEEK)
    weeks = -(-appointments // capacity)
    horizon_weeks = settings.HORIZON_DAYS // 7
    future_weeks = min(max(MIN_FUTURE_WEEKS, round(weeks * FUTURE_SHARE)), horizon_weeks)
    past_weeks = max(MIN_PAST_WEEKS, weeks - future_weeks)
    if past_weeks > MAX_PAST_WEEKS:
        raise TooManyAppointments
    return DemoPlan(today, appointments, past_weeks, future_weeks)
