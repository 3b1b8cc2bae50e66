"""The mutations of working hours and time off: what they reject, and what they say about it."""

import pytest

from clinic.errors import BookingErrorCode
from clinic.models import Doctor
from tests.support.api_client import Api
from tests.support.graphql_responses import operation_info, root_value

pytestmark = pytest.mark.django_db

END = "The end must be after the start."
NIGHT = (
    f"{END} Enter a night as two intervals: {{start}} to 00:00 and, on the next day, "
    "00:00 to {end}."
)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("22:00", "06:00", NIGHT.format(start="22:00", end="06:00")),
        ("23:55", "00:05", NIGHT.format(start="23:55", end="00:05")),
        ("12:00", "12:00", END),
    ],
)
def test_set_working_hours_says_how_to_enter_a_night(
    api: Api, dora: Doctor, start: str, end: str, message: str
) -> None:
    hours = [
        {"weekday": "MONDAY", "startTime": "09:00", "endTime": "12:00"},
        {"weekday": "FRIDAY", "startTime": start, "endTime": end},
    ]
    answer = root_value(api("SetWorkingHours", {"input": {"hours": hours}}, user=dora.user))
    assert answer == operation_info(BookingErrorCode.INVALID, "hours.1.endTime", message)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "code"),
    [
        ("2026-02-20T09:00:00+01:00", "2026-02-21T09:00:00+01:00", "in_the_past"),
        # It is 2 March, 08:00: at that moment, in two zones.
        ("2026-03-01T09:00:00+01:00", "2026-03-02T08:00:00+01:00", "in_the_past"),
        ("2026-03-01T09:00:00+01:00", "2026-03-02T12:30:00+05:30", "in_the_past"),
        ("2026-02-21T09:00:00+01:00", "2026-02-20T09:00:00+01:00", "invalid"),
    ],
)
def test_add_time_off_rejects_time_off_that_has_ended(
    api: Api, dora: Doctor, starts_at: str, ends_at: str, code: str
) -> None:
    sent = {"startsAt": starts_at, "endsAt": ends_at}
    answer = root_value(api("AddTimeOff", {"input": sent}, user=dora.user))
    message = END if code == "invalid" else None
    assert answer == operation_info(BookingErrorCode(code), "endsAt", message)
    assert not dora.time_off.exists()


def test_add_time_off_accepts_time_off_that_has_begun(api: Api, dora: Doctor) -> None:
    sent = {"startsAt": "2026-02-20T09:00:00+01:00", "endsAt": "2026-03-02T08:00:01+01:00"}
    answer = root_value(api("AddTimeOff", {"input": sent}, user=dora.user))
    assert (answer["__typename"], answer["startsAt"], answer["endsAt"]) == (
        "TimeOff",
        *sent.values(),
    )
