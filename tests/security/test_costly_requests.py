"""Costly requests use up the minute of their account, and exports and feeds have limits."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from clinic.calendars import feed
from clinic.models import Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import TUESDAY, book_as_patient
from tests.support.graphql_responses import error_code
from users.authentication import refresh_tokens
from users.models import User

DOCTORS = "doctors(first: 100) { edges { node { availableSlots(days: 92) { date time } } } }"
SLOTS = "{" + " ".join(f"d{n}: {DOCTORS}" for n in range(10)) + "}"
# 10 x 100 doctors x (100 + 92 x (3 + 3 x 2)): an estimate of 9 seconds of computing time. The
# doctors that the tests really have take far less, also on a slow machine.
SLOTS_CHARGE = 928_000
TODAY = "{ clinic { today } }"


@pytest.fixture(autouse=True)
def _slots_are_allowed(settings: Settings) -> None:
    settings.MAX_QUERY_COST = 1_000_000


@pytest.fixture
def _small_minute(settings: Settings) -> None:
    settings.MAX_COST_PER_MINUTE = int(2.5 * SLOTS_CHARGE)


def is_limited(answer: Any) -> bool:
    """Whether the request was rejected, with the seconds to wait."""
    errors = answer.get("errors", [])
    limited = [error["extensions"] for error in errors]
    assert all(e["code"] == "RATE_LIMITED" and 1 <= e["retryAfter"] <= 60 for e in limited)
    return bool(limited)


@pytest.mark.usefixtures("_small_minute")
def test_account_can_send_few_costly_requests(api: Api, ann: Patient, ben: Patient) -> None:
    token = refresh_tokens.start(ann.user).access_token
    assert [is_limited(api(SLOTS, token=token)) for _ in range(4)] == [False, False, True, True]
    assert not is_limited(api(SLOTS, user=ben.user))
    # A rejected request pays its least cost only.
    assert not is_limited(api(TODAY, token=token))


@pytest.mark.usefixtures("_small_minute")
def test_account_can_send_many_costly_requests_without_rate_limits(
    api: Api, ann: Patient, settings: Settings
) -> None:
    settings.RATE_LIMIT_ENABLED = settings.RATELIMIT_ENABLE = False
    token = refresh_tokens.start(ann.user).access_token
    assert [is_limited(api(SLOTS, token=token)) for _ in range(4)] == [False] * 4


def test_sixth_export_of_a_day_is_rejected(api: Api, ann: Patient) -> None:
    token = refresh_tokens.start(ann.user).access_token
    answers = [api("{ exportMyData }", token=token) for _ in range(6)]
    assert ["errors" in answer for answer in answers] == [False] * 5 + [True]
    assert error_code(answers[-1]) == "RATE_LIMITED"
    assert answers[-1]["errors"][0]["extensions"]["retryAfter"] > 60


def test_exports_by_aliases_are_counted_each(api: Api, ann: Patient) -> None:
    aliases = " ".join(f"export{n}: exportMyData" for n in range(6))
    assert error_code(api(f"{{ {aliases} }}", user=ann.user)) == "RATE_LIMITED"


def get_feed(user: User, address: str = "192.0.2.1", **headers: str) -> Any:
    url = f"/calendar/{feed.token_of(user)}.ics"
    return Client(REMOTE_ADDR=address).get(url, headers=headers)


def test_calendar_feed_is_limited_by_token_and_not_by_its_clients(
    ann: Patient, ben: Patient
) -> None:
    statuses = [get_feed(ann.user, f"192.0.2.{n}").status_code for n in range(11)]
    assert statuses == [200] * 10 + [429]
    rejected = get_feed(ann.user)
    assert (rejected["Content-Type"], int(rejected["Retry-After"]) <= 60) == (
        "text/plain; charset=utf-8",
        True,
    )
    assert get_feed(ben.user).status_code == 200


@pytest.mark.django_db
def test_invalid_calendar_tokens_are_limited_by_client() -> None:
    client = Client(REMOTE_ADDR="192.0.2.1")
    statuses = [client.get("/calendar/1-x.y.ics").status_code for _ in range(301)]
    assert statuses == [404] * 300 + [429]


def test_calendar_feed_uses_up_the_minute_of_its_account(
    api: Api, ann: Patient, dora: Doctor, settings: Settings
) -> None:
    settings.MAX_COST_PER_MINUTE = 30_000
    book_as_patient(ann, dora, TUESDAY)
    assert [get_feed(ann.user).status_code for _ in range(2)] == [200, 429]
    assert is_limited(api(SLOTS, user=ann.user))
