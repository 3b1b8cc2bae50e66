"""The parameters of the feeds: the dates and the doctors that a page displays."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.http import QueryDict

from clinic import clock
from clinic.admin.calendar.access import doctors_of_calendar
from clinic.models import Doctor
from users.models import User

# The weeks of a month, and no more: a feed of years would load every appointment of the clinic.
MAX_DAYS = 42
MAX_NUMBERS = 1_000
MAX_ID = 2**62
NUMBERS = r"\A(\d{1,18}(,\d{1,18})*)?\Z"


@dataclass(frozen=True)
class Period:
    """The dates that a page displays, both included, and those of the doctors it can display."""

    first: dt.date
    last: dt.date
    doctors: list[Doctor]

    @property
    def dates(self) -> list[dt.date]:
        """All dates of the period, in order."""
        days = (self.last - self.first).days + 1
        return [self.first + dt.timedelta(days=number) for number in range(days)]


class PeriodForm(forms.Form):
    """The parameters as the page sends them; lists are separated by commas."""

    first = forms.DateField()
    last = forms.DateField()
    doctors = forms.RegexField(NUMBERS, required=False)
    # Only these appointments, for a page that shows the others already.
    ids = forms.RegexField(NUMBERS, required=False)
    after = forms.IntegerField(required=False, min_value=0, max_value=MAX_ID)
    availability = forms.BooleanField(required=False)
    cancelled = forms.BooleanField(required=False)


def parse_period(query: QueryDict, user: User) -> tuple[Period, dict[str, Any]]:
    """Return the period and all parameters. Raises BadRequest; only a faulty page sends such.

    Without ``doctors``, the period has all that the user sees; unknown ones are left out.
    """
    form = PeriodForm(query)
    if not form.is_valid():
        raise BadRequest(form.errors.as_json())
    data = form.cleaned_data
    # A buffer can reach into the day before the first one, which must exist.
    if not (data["first"] > dt.date(1, 12, 31) and 0 <= _days(data) < MAX_DAYS):
        raise BadRequest("The period is too long, or ends before it begins.")
    doctors = doctors_of_calendar(user, clock.today())
    if "doctors" in query:
        doctors = doctors.filter(pk__in=parse_numbers(data["doctors"]))
    return Period(data["first"], data["last"], list(doctors)), data


def parse_numbers(text: str) -> list[int]:
    """Return the numbers of a list that is separated by commas, at most ``MAX_NUMBERS``."""
    return [int(number) for number in text.split(",") if number][:MAX_NUMBERS]


def _days(data: dict[str, Any]) -> int:
    days: int = (data["last"] - data["first"]).days
    return days
