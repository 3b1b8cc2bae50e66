"""Another TIME_ZONE than that of the stored times."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from clinic import time_zone
from clinic.models import Doctor, Patient, StoredTimeZone
from clinic.time_zone import Change
from tests.support.booking import TUESDAY, book_as_patient, cancel

pytestmark = pytest.mark.django_db
MOVED = (
    "The times in the database are those of Europe/Berlin; open appointments that would start at "
    "another moment in America/New_York: 1 (by up to 6 hours)."
)


@pytest.fixture
def moved_clinic(ann: Patient, ben: Patient, dora: Doctor, settings: Settings) -> None:
    """An open and a cancelled appointment, stored in Berlin, and the settings of New York."""
    assert time_zone.find_change() is None
    book_as_patient(ann, dora, TUESDAY, dt.time(9))
    cancel(ben.user, book_as_patient(ben, dora, TUESDAY, dt.time(10)))
    settings.TIME_ZONE = "America/New_York"


def test_find_change_stores_the_first_time_zone() -> None:
    assert time_zone.find_change() is None
    assert [*StoredTimeZone.objects.values_list("pk", "name")] == [(1, "Europe/Berlin")]


@pytest.mark.usefixtures("moved_clinic")
def test_find_change_counts_the_open_appointments_that_would_move() -> None:
    assert time_zone.find_change() == Change(
        "Europe/Berlin", "America/New_York", 1, dt.timedelta(hours=6)
    )


@pytest.mark.usefixtures("moved_clinic")
def test_find_change_counts_no_appointment_at_the_same_moment(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Madrid"
    assert time_zone.find_change() == Change("Europe/Berlin", "Europe/Madrid", 0, dt.timedelta())


@pytest.mark.usefixtures("moved_clinic")
def test_change_time_zone_command_accepts_the_change() -> None:
    output = StringIO()
    call_command("change_time_zone", "--yes", stdout=output)
    call_command("change_time_zone", stdout=output)
    assert output.getvalue().splitlines() == [
        MOVED,
        "The times in the database are those of America/New_York from now on.",
        "Nothing to change: the database has this time zone.",
    ]


@pytest.mark.usefixtures("moved_clinic")
def test_change_time_zone_command_changes_nothing_without_consent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: "")
    with pytest.raises(CommandError, match=r"^Nothing was changed\.$"):
        call_command("change_time_zone", stdout=StringIO())
    assert StoredTimeZone.objects.get().name == "Europe/Berlin"


@pytest.mark.usefixtures("moved_clinic")
def test_send_reminders_does_nothing_in_another_time_zone() -> None:
    with pytest.raises(CommandError, match=r"^TIME_ZONE was changed: the times in the database"):
        call_command("send_reminders")
