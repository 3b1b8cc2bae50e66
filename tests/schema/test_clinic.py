"""The `clinic` query."""

import datetime as dt

import time_machine
from pytest_django import Settings

from tests.support.api_client import Api


def test_clinic_is_available_without_token(api: Api, settings: Settings) -> None:
    settings.LEAD_TIME_MINUTES = 90
    assert api("Clinic") == {
        "data": {
            "clinic": {
                "timeZone": "Europe/Berlin",
                "today": "2026-03-02",
                "leadTimeMinutes": 90,
                "horizonDays": 365,
            }
        }
    }


def test_clinic_today_is_in_the_clinic_time_zone(api: Api, clock: time_machine.Traveller) -> None:
    clock.move_to(dt.datetime(2026, 3, 2, 23, 30, tzinfo=dt.UTC))
    assert api("{ clinic { today } }") == {"data": {"clinic": {"today": "2026-03-03"}}}
