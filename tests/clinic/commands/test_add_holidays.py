"""The command ``add_holidays``."""

import datetime as dt
from io import StringIO

import holidays
import pytest
from django.core.management import CommandError, call_command
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking import date_exceptions
from clinic.management.public_holidays import public_holidays
from clinic.models import Closure, Doctor, Patient
from tests.support.booking import book_as_staff
from users.models import User

pytestmark = pytest.mark.django_db

BERLIN_2027 = [
    ("2027-01-01", "Neujahr"),
    ("2027-03-08", "Frauentag"),
    ("2027-03-26", "Karfreitag"),
    ("2027-03-29", "Ostermontag"),
    ("2027-05-01", "Erster Mai"),
    ("2027-05-06", "Christi Himmelfahrt"),
    ("2027-05-17", "Pfingstmontag"),
    ("2027-10-03", "Tag der Deutschen Einheit"),
    ("2027-12-25", "Erster Weihnachtstag"),
    ("2027-12-26", "Zweiter Weihnachtstag"),
]
TABLE = """\
2027-01-01 Fri  Neujahr                    added
2027-03-08 Mon  Frauentag                  added
2027-03-26 Fri  Karfreitag                 added
2027-03-29 Mon  Ostermontag                added
2027-05-01 Sat  Erster Mai                 added
2027-05-06 Thu  Christi Himmelfahrt        added
2027-05-17 Mon  Pfingstmontag              added
2027-10-03 Sun  Tag der Deutschen Einheit  added
2027-12-25 Sat  Erster Weihnachtstag       added
2027-12-26 Sun  Zweiter Weihnachtstag      added
Added 10 closures, skipped 0 days.
"""
REST_OF_2026 = """\
2026-01-01 Thu  New Year's Day           skipped: in the past
2026-04-03 Fri  Good Friday              added, 2 open appointments
2026-04-06 Mon  Easter Monday            skipped: closed already (Spring break)
2026-05-01 Fri  Labor Day                added
2026-05-14 Thu  Ascension Day            added, 1 open appointment
2026-05-25 Mon  Pentecost Monday         added
2026-10-03 Sat  German Unity Day         added
2026-12-25 Fri  Christmas Day            added
2026-12-26 Sat  Second Day of Christmas  added
Added 7 closures, skipped 2 days.
3 open appointments on these days: reschedule or cancel them in the admin (list of appointments, \
filter “On a closure”), or leave them.
"""


@pytest.fixture(autouse=True)
def monday(clock: Traveller) -> None:
    """Monday 2 March 2026, 08:00."""


def add_holidays(*arguments: str) -> str:
    out = StringIO()
    call_command("add_holidays", *arguments, stdout=out)
    return out.getvalue()


def closures() -> list[tuple[str, str]]:
    return [
        (str(closure.first_day), closure.name)
        for closure in Closure.objects.all()
        if closure.first_day == closure.last_day
    ]


def test_add_holidays_adds_a_closure_for_each_day() -> None:
    assert add_holidays("DE-BE", "2027") == TABLE
    assert closures() == BERLIN_2027


def test_add_holidays_dry_run_reports_and_adds_nothing() -> None:
    expected = TABLE.replace("  added\n", "  would be added\n").replace("Added 10", "Would add 10")
    assert add_holidays("DE-BE", "2027", "--dry-run") == expected
    assert closures() == []


def test_add_holidays_second_run_adds_nothing() -> None:
    add_holidays("DE-BE", "2027")
    lines = add_holidays("DE-BE", "2027").splitlines()
    assert lines[0] == (
        "2027-01-01 Fri  Neujahr                    skipped: closed already (Neujahr)"
    )
    assert lines[-1] == "Added 0 closures, skipped 10 days."
    assert closures() == BERLIN_2027


def test_add_holidays_skips_past_and_closed_days_and_counts_open_appointments(
    sam: User, dora: Doctor, emil: Doctor, ann: Patient
) -> None:
    for doctor, date, hour in (
        (dora, dt.date(2026, 4, 3), 9),
        (emil, dt.date(2026, 4, 3), 10),
        (emil, dt.date(2026, 5, 14), 9),
        (dora, dt.date(2026, 4, 6), 9),
        (dora, dt.date(2026, 4, 7), 9),
    ):
        book_as_staff(sam, doctor, ann, date, dt.time(hour))
    date_exceptions.add_closure(
        name="Spring break",
        first_day=dt.date(2026, 4, 4),
        last_day=dt.date(2026, 4, 10),
        now=clinic_clock.now(),
    )
    assert add_holidays("DE", "2026", "--language", "en") == REST_OF_2026


def test_add_holidays_of_several_years() -> None:
    assert add_holidays("DE", "2028", "2027", "2028").splitlines()[-1] == (
        "Added 18 closures, skipped 0 days."
    )
    assert {date[:4] for date, _name in closures()} == {"2027", "2028"}


@pytest.mark.parametrize("region", ["DE-BE", "de-be", "DE-Berlin"])
def test_public_holidays_accepts_codes_and_names_of_subdivisions(region: str) -> None:
    assert [(str(day), name) for day, name in public_holidays(region, [2027])] == BERLIN_2027


def test_public_holidays_joins_the_names_of_one_day() -> None:
    names = dict(public_holidays("TR", [2027], "en_US"))
    assert names[dt.date(2027, 5, 19)] == (
        "Commemoration of Atatürk, Youth and Sports Day, Eid al-Adha"
    )


def test_public_holidays_names_do_not_depend_on_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANGUAGE", "uk")
    assert public_holidays("DE-BE", [2027])[0].name == "Neujahr"


def test_public_holidays_have_names_that_closures_can_have() -> None:
    for country in holidays.list_supported_countries(include_aliases=False):
        for date, name in public_holidays(country, [2026]):
            Closure(name=name, first_day=date, last_day=date).full_clean()


UNKNOWN_STATE = (
    "No holidays are known of DE-XX. Use one of DE-BB, DE-BE, DE-BW, DE-BY, DE-HB, DE-HE, DE-HH, "
    "DE-MV, DE-NI, DE-NW, DE-RP, DE-SH, DE-SL, DE-SN, DE-ST, DE-TH, DE-Augsburg; or DE for the "
    "holidays of the whole country."
)
UNKNOWN_COUNTRY = (
    "No holidays are known of the country XX. Use its code with two letters (ISO 3166-1), such as "
    "DE or GB."
)
UNKNOWN_YEAR = "No holidays of DE are known for 1800. Choose years from 1991 to 2100."
UNKNOWN_LANGUAGE = (
    "The names of the holidays of DE are not known in the language fr. Use one of de, en_US, th, "
    "uk."
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["DE-XX", "2027"], UNKNOWN_STATE),
        (["XX", "2027"], UNKNOWN_COUNTRY),
        (["VA-XX", "2027"], "No subdivisions of VA are known. Use VA alone."),
        (["DE", "1800"], UNKNOWN_YEAR),
        (["DE", "2027", "--language", "fr"], UNKNOWN_LANGUAGE),
    ],
)
def test_add_holidays_rejects_unknown_values(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError) as rejected:
        add_holidays(*arguments)
    assert str(rejected.value) == message
    assert closures() == []
