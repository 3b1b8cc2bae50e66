import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking import date_exceptions
from clinic.models import Doctor, Patient
from tests.support.admin_client import (
    AdminClient,
    AdminResponse,
    inline_rows,
    staff_with_permissions,
)
from tests.support.booking import book_as_staff
from users.models import User

pytestmark = pytest.mark.django_db

SATURDAY, SUNDAY = dt.date(2026, 3, 7), dt.date(2026, 3, 8)
FORMAT = (
    "Enter hours such as 09:00-12:00, 14:00-17:00. Leave the field empty if the doctor does not "
    "work on this day."
)
CONCURRENT_REMOVAL = (
    "Someone else removed special hours of this doctor in the meantime. Reload the page and try "
    "again."
)
OVERLAP = "These hours overlap other hours of the same day. Change one of them."
OFF_GRID = "This value is not a multiple of 5 minutes. Choose one that is."


def page_of(doctor: Doctor) -> str:
    return f"clinic/doctor/{doctor.pk}/change/"


def changed_message(doctor: Doctor) -> str:
    link = f'<a href="/admin/clinic/doctor/{doctor.pk}/change/">{doctor}</a>'
    return f"The doctor “{link}” was changed successfully."


def set_hours(doctor: Doctor, date: dt.date, *hours: tuple[int, int]) -> None:
    ranges = [(dt.time(start), dt.time(end)) for start, end in hours]
    date_exceptions.set_special_hours(doctor, date, ranges, clinic_clock.now())


def special_hours_of(doctor: Doctor) -> list[tuple[str, list[str]]]:
    return [
        (str(row.date), [str(interval) for interval in row.intervals.all()])
        for row in doctor.special_hours.all()
    ]


def save(admin: AdminClient, doctor: Doctor, **values: object) -> AdminResponse:
    return admin.save(
        page_of(doctor), **{f"special_hours__{name}": value for name, value in values.items()}
    )


@pytest.fixture
def doctor(dora: Doctor, clock: Traveller) -> Doctor:
    """Dora, who works on Saturday from 9:00 to 12:00 and from 14:00 to 17:00."""
    set_hours(dora, SATURDAY, (9, 12), (14, 17))
    return dora


BOTH = ["09:00-12:00", "14:00-17:00"]


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("09:00-12:00, 14:00-17:00", BOTH),
        ("9-12; 14.00 \u2013 17", BOTH),
        ("14:00-17:00,9:00\u221212:00,", BOTH),
        ("22:00-24:00", ["22:00-00:00"]),
        ("00:00-00:00", ["00:00-00:00"]),
        ("9-12, 12-14", ["09:00-14:00"]),
        ("", []),
    ],
)
def test_special_hours_inline_reads_hours_as_text(
    admin: AdminClient, dora: Doctor, typed: str, hours: list[str]
) -> None:
    response = save(admin, dora, **{"0__date": "2026-03-07", "0__hours": typed})
    assert response == AdminResponse([changed_message(dora)], {})
    assert special_hours_of(dora) == [("2026-03-07", hours)]


@pytest.mark.parametrize(
    ("date", "typed", "errors"),
    [
        ("2026-03-07", "nine to five", {"hours": [FORMAT]}),
        ("2026-03-07", "9-12 14-17", {"hours": [FORMAT]}),
        ("2026-03-07", "9:00-25:00", {"hours": [FORMAT]}),
        ("2026-03-07", "٩-١٢", {"hours": [FORMAT]}),
        ("2026-03-07", "9-12, 14:02-17", {"hours": [f"14:02-17:00: {OFF_GRID}"]}),
        ("2026-03-07", "12-9", {"hours": ["12:00-09:00: The end must be after the start."]}),
        ("2026-03-07", "9-12, 11-13", {"hours": [f"11:00-13:00: {OVERLAP}"]}),
        ("", "9-12", {"date": ["This field is required."]}),
        ("2026-03-01", "9-12", {"date": ["This time is in the past. Choose a later one."]}),
    ],
)
def test_special_hours_inline_reports_invalid_values_in_their_row_and_saves_nothing(
    admin: AdminClient, doctor: Doctor, date: str, typed: str, errors: dict[str, list[str]]
) -> None:
    response = save(admin, doctor, **{"1__date": date, "1__hours": typed, "0__DELETE": "on"})
    assert response == AdminResponse(
        [], {f"special_hours-1-{field}": messages for field, messages in errors.items()}
    )
    assert special_hours_of(doctor) == [("2026-03-07", BOTH)]


def test_special_hours_inline_changes_hours(admin: AdminClient, doctor: Doctor) -> None:
    form = admin.fill_in(page_of(doctor))
    assert form["special_hours-0-hours"] == "09:00-12:00, 14:00-17:00"
    assert save(admin, doctor, **{"0__hours": "10-12"}).errors == {}
    assert special_hours_of(doctor) == [("2026-03-07", ["10:00-12:00"])]


def test_special_hours_inline_moves_hours_to_another_date(
    admin: AdminClient, doctor: Doctor
) -> None:
    assert save(admin, doctor, **{"0__date": "2026-03-08"}).errors == {}
    assert special_hours_of(doctor) == [("2026-03-08", BOTH)]


def test_special_hours_inline_swaps_two_dates(admin: AdminClient, doctor: Doctor) -> None:
    set_hours(doctor, SUNDAY)
    assert save(admin, doctor, **{"0__date": "2026-03-08", "1__date": "2026-03-07"}).errors == {}
    assert special_hours_of(doctor) == [("2026-03-07", []), ("2026-03-08", BOTH)]


def test_special_hours_inline_removes_hours(admin: AdminClient, doctor: Doctor) -> None:
    assert save(admin, doctor, **{"0__DELETE": "on"}).errors == {}
    assert special_hours_of(doctor) == []


def test_special_hours_inline_replaces_a_removed_date(admin: AdminClient, doctor: Doctor) -> None:
    values = {"0__DELETE": "on", "1__date": "2026-03-07", "1__hours": "8-9"}
    assert save(admin, doctor, **values).errors == {}
    assert special_hours_of(doctor) == [("2026-03-07", ["08:00-09:00"])]


def test_special_hours_inline_rejects_a_date_that_is_listed_twice(
    admin: AdminClient, doctor: Doctor
) -> None:
    response = save(admin, doctor, **{"1__date": "2026-03-07", "1__hours": "18-19"})
    twice = "This date is listed twice. Enter all of its hours in one row."
    assert response == AdminResponse([], {"special_hours-1-date": [twice]})
    assert special_hours_of(doctor) == [("2026-03-07", BOTH)]


def test_special_hours_inline_detects_a_concurrent_removal(
    admin: AdminClient, doctor: Doctor
) -> None:
    form = admin.fill_in(page_of(doctor), special_hours__0__hours="10-12")
    date_exceptions.remove_special_hours(doctor, SATURDAY)
    assert admin.submit(page_of(doctor), form).errors["special_hours"] == [CONCURRENT_REMOVAL]


def test_special_hours_inline_hides_past_dates(sam: User, doctor: Doctor, clock: Traveller) -> None:
    set_hours(doctor, SUNDAY)
    clock.move_to(dt.datetime(2026, 3, 8, 7, tzinfo=dt.UTC))
    form = AdminClient(sam).fill_in(page_of(doctor))
    assert form["special_hours-0-date"] == "2026-03-08"
    assert form["special_hours-INITIAL_FORMS"] == "1"


def test_special_hours_inline_warns_of_appointments_outside(
    admin: AdminClient, sam: User, doctor: Doctor, ann: Patient
) -> None:
    appointment = book_as_staff(sam, doctor, ann, SATURDAY, dt.time(15))
    response = save(admin, doctor, **{"0__hours": "9-12"})
    warning = "1 appointment on 2026-03-07 is outside the doctor's hours. Reschedule or cancel it."
    assert response == AdminResponse([warning, changed_message(doctor)], {})
    [*_others, outside], _extra = inline_rows(admin.open(page_of(doctor)), "special_hours")
    assert outside.contents() == (
        f'<a href="/admin/clinic/appointment/{appointment.pk}/change/">Sat 2026-03-07 15:00</a>'
    )


def test_special_hours_inline_warns_of_appointments_outside_after_removal(
    admin: AdminClient, sam: User, doctor: Doctor, ann: Patient
) -> None:
    book_as_staff(sam, doctor, ann, SATURDAY, dt.time(15))
    warning = "1 appointment on 2026-03-07 is outside the doctor's hours. Reschedule or cancel it."
    assert save(admin, doctor, **{"0__DELETE": "on"}).messages == [
        warning,
        changed_message(doctor),
    ]


def test_special_hours_inline_is_read_only_with_view_permission_only(
    doctor: Doctor, olga: User
) -> None:
    permissions = ("view_doctor", "change_doctor", "view_specialhours")
    admin = AdminClient(staff_with_permissions(olga, *permissions))
    assert save(admin, doctor, **{"0__hours": "10-12"}).errors == {}
    assert special_hours_of(doctor) == [("2026-03-07", BOTH)]
    page = admin.open(page_of(doctor)).content.decode()
    assert "09:00-12:00, 14:00-17:00" in page


@pytest.mark.parametrize("number", [1, 8])
def test_special_hours_inline_uses_a_constant_number_of_queries(
    admin: AdminClient,
    sam: User,
    dora: Doctor,
    ann: Patient,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for day in range(number):
        date = SATURDAY + dt.timedelta(days=day)
        set_hours(dora, date)
        book_as_staff(sam, dora, ann, date, dt.time(15))
    admin.open(page_of(dora))
    with django_assert_num_queries(14):
        admin.open(page_of(dora))
