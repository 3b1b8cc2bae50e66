"""How a number of visits is spread over past and coming weeks."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from clinic.demo.people import waits_for_approval
from clinic.demo.weeks import slots_a_week

# Half the slots stay open, so that there is something to book.
FILLED = 0.5
LEAST_PAST_WEEKS, LEAST_COMING_WEEKS = 4, 3
MOST_PAST_WEEKS = 520
COMING_SHARE = 0.2
# Nobody sees two doctors on one day, so that nobody's visits can overlap.
DAYS_A_WEEK = 5


class TooManyAppointments(Exception):
    def __init__(self) -> None:
        super().__init__("So few people cannot have had so many visits within ten years.")


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """The weeks that get visits; week 0 is the seven days from today on."""

    today: dt.date
    visits: int
    past_weeks: int
    coming_weeks: int

    @property
    def first_day(self) -> dt.date:
        return self.today - dt.timedelta(weeks=self.past_weeks)

    @property
    def last_day(self) -> dt.date:
        return self.today + dt.timedelta(weeks=self.coming_weeks) - dt.timedelta(days=1)


def make_plan(today: dt.date, *, doctors: int, patients: int, visits: int) -> DemoPlan:
    """Spread the visits thinly enough for these people; raises TooManyVisits."""
    slots = sum(slots_a_week(place) for place in range(doctors) if not waits_for_approval(place))
    capacity = min(int(slots * FILLED), patients * DAYS_A_WEEK)
    weeks = -(-visits // capacity)
    horizon_weeks = settings.HORIZON_DAYS // 7
    coming = min(max(LEAST_COMING_WEEKS, round(weeks * COMING_SHARE)), horizon_weeks)
    past = max(LEAST_PAST_WEEKS, weeks - coming)
    if past > MOST_PAST_WEEKS:
        raise TooManyAppointments
    return DemoPlan(today, visits, past, coming)
