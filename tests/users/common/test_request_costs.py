"""The minute of an account and of a client network, spent in cost."""

import time

import pytest
from django.test import override_settings
from pytest_django import Settings
from time_machine import Traveller

from users.common.rate_limits import RateLimitExceeded
from users.common.request_costs import (
    PROGRESS_COST,
    REQUEST_COST,
    UNITS_PER_SECOND,
    RequestMeter,
)

AWAY = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://[::1]:1"}
MINUTE = 10_000


@pytest.fixture(autouse=True)
def _minute(settings: Settings) -> None:
    settings.MAX_COST_PER_MINUTE = MINUTE


def meter(user_id: str = "1", client: str = "192.0.2.1") -> RequestMeter:
    return RequestMeter(client=client, user_id=user_id)


def admitted(user_id: str = "1", *, limit: int = 100) -> int:
    """Return how many requests are admitted, at most ``limit``."""
    for number in range(limit):
        try:
            meter(user_id).admit()
        except RateLimitExceeded:
            return number
    return limit


def test_account_pays_the_least_cost_for_each_request() -> None:
    assert admitted() == MINUTE // REQUEST_COST


def test_client_network_pays_twice_as_much_for_requests_without_account() -> None:
    assert admitted("") == 2 * MINUTE // REQUEST_COST


def test_client_network_pays_the_least_cost_for_requests_of_accounts() -> None:
    # The request that is rejected for its account counts as well.
    numbers = [admitted("1"), admitted("2", limit=12), admitted("3")]
    assert numbers == [14, 12, 1]


def test_minute_begins_again_after_the_reported_seconds(clock: Traveller) -> None:
    admitted()
    with pytest.raises(RateLimitExceeded) as caught:
        meter().admit()
    assert 1 <= caught.value.retry_after <= 60
    clock.shift(caught.value.retry_after)
    meter().admit()


def test_estimated_cost_is_charged_before_the_work_and_rejected_without_charge() -> None:
    first, second, third = meter(), meter(), meter()
    for each in (first, second, third):
        each.admit()
    first.charge_operation(REQUEST_COST)  # paid already
    second.charge_operation(7_000)
    with pytest.raises(RateLimitExceeded):
        third.charge_operation(7_000)
    third.charge_operation(1_500)


def test_first_request_of_a_minute_can_cost_more_than_the_minute() -> None:
    first, second = meter(), meter()
    first.admit()
    first.charge(5 * MINUTE)
    with pytest.raises(RateLimitExceeded):
        second.admit()


def test_long_body_is_charged_before_it_is_read() -> None:
    meter().admit(body_bytes=1_000_000)
    with pytest.raises(RateLimitExceeded):
        meter().admit()


def work(seconds: float) -> None:
    """Use computing time of this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_computing_time_beyond_the_estimate_is_charged_afterwards() -> None:
    each = meter()
    each.admit()
    work(MINUTE / UNITS_PER_SECOND)
    each.settle()
    with pytest.raises(RateLimitExceeded):
        meter().admit()


def test_progress_is_charged_while_the_work_is_done() -> None:
    each = meter()
    each.admit()
    work(MINUTE / UNITS_PER_SECOND)
    each.charge_progress()
    with pytest.raises(RateLimitExceeded):
        meter().admit()


def test_progress_ends_a_request_that_exceeds_the_minute_with_others() -> None:
    one, other = meter(), meter()
    for each in (one, other):
        each.admit()
    one.charge(MINUTE - 2 * REQUEST_COST)  # all that is left
    work(2 * PROGRESS_COST / UNITS_PER_SECOND)
    with pytest.raises(RateLimitExceeded):
        other.charge_progress()


def test_cost_is_not_limited_without_rate_limits(settings: Settings) -> None:
    settings.RATE_LIMIT_ENABLED = False
    assert admitted() == 100


def test_cost_is_not_counted_while_the_cache_is_unavailable() -> None:
    with override_settings(CACHES={"default": AWAY}):
        each = meter()
        each.admit()
        each.charge(5 * MINUTE)
        each.settle()
