import datetime as dt

import time_machine
from pytest_django import Settings

from tests.support.api_client import Api


def test_clinic_tells_strangers_its_zone_date_and_booking_rules(
    api: Api, settings: Settings
) -> None:
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


def test_today_is_the_clinics_date_when_utc_still_has_the_day_before(
    api: Api, clock: time_machine.Traveller
) -> None:
    clock.move_to(dt.datetime(2026, 3, 2, 23, 30, tzinfo=dt.UTC))
    assert api("{ clinic { today } }") == {"data": {"clinic": {"today": "2026-03-03"}}}
