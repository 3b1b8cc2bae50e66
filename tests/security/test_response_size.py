"""Responses whose lists are longer than their cost assumes."""

import datetime as dt

from clinic.models import Appointment, Doctor, Patient, TimeOff
from schema.execution.context import MAX_RESPONSE_FIELDS
from tests.support.api_client import Api
from tests.support.booking import TUESDAY
from tests.support.graphql_responses import error_code, root_value

CONFLICTS = """query Conflicts { me { doctor { timeOff { conflicts {
    id date time durationMinutes startsAt endsAt status reasonForVisit createdAt updatedAt
} } } } }"""


def add_time_off_with_appointments(dora: Doctor, ann: Patient, number: int) -> None:
    """Give Dora ``number`` appointments, and as many periods of time off around all of them."""
    Appointment.objects.create_many(
        [
            Appointment(
                doctor=dora,
                patient=ann,
                date=TUESDAY + dt.timedelta(days=n),
                time=dt.time(9),
                duration_minutes=30,
            )
            for n in range(number)
        ]
    )
    start = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    end = start + dt.timedelta(days=number + 2)
    periods = [TimeOff(doctor=dora, starts_at=start, ends_at=end) for _ in range(number)]
    TimeOff.objects.bulk_create(periods)


def test_many_time_offs_with_many_conflicts_each_are_rejected(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    side = int((MAX_RESPONSE_FIELDS / 10) ** 0.5) + 1
    add_time_off_with_appointments(dora, ann, side)
    answer = api(CONFLICTS, user=dora.user)
    assert (answer["data"], error_code(answer)) == ({"me": {"doctor": None}}, "QUERY_TOO_COMPLEX")


def test_time_offs_with_some_conflicts_each_are_answered(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    add_time_off_with_appointments(dora, ann, 10)
    periods = root_value(api(CONFLICTS, user=dora.user))["doctor"]["timeOff"]
    assert [len(period["conflicts"]) for period in periods] == [10] * 10
