import datetime as dt

import pytest

from clinic.booking import schedules
from clinic.booking.schedules import Interval
from clinic.models import Doctor, Weekday
from tests.support.admin_client import AdminClient, AdminResponse, staff_with_permissions
from users.models import User

pytestmark = pytest.mark.django_db

NOT_A_TIME = "Enter the time as HH:MM, for example 9:30 or 9."

CONCURRENT_CHANGE = (
    "Someone else changed the working hours in the meantime. Reload the page and try again."
)
NIGHT = (
    "The end must be after the start. Enter a night as two intervals: 22:00 to 00:00 and, on the "
    "next day, 00:00 to 06:00."
)
Week = list[tuple[int, str, str]]


def page_of(doctor: Doctor) -> str:
    return f"clinic/doctor/{doctor.pk}/change/"


def week_of(doctor: Doctor) -> Week:
    return [
        (hours.weekday, f"{hours.start_time:%H:%M}", f"{hours.end_time:%H:%M}")
        for hours in doctor.working_hours.all()
    ]


@pytest.fixture
def doctor(dora: Doctor) -> Doctor:
    """Dora, who works on Monday from 8:00 to 12:00 and on Tuesday from 9:00 to 13:00."""
    schedules.set_working_hours(
        dora,
        [
            Interval(Weekday.MONDAY, dt.time(8), dt.time(12)),
            Interval(Weekday.TUESDAY, dt.time(9), dt.time(13)),
        ],
    )
    return dora


MONDAY_AND_TUESDAY: Week = [(0, "08:00", "12:00"), (1, "09:00", "13:00")]


def test_working_hours_inline_changes_adds_and_removes_in_one_save(
    admin: AdminClient, doctor: Doctor
) -> None:
    response = admin.save(
        page_of(doctor),
        working_hours__0__DELETE="on",
        working_hours__1__end_time="14:00",
        working_hours__2__weekday="4",
        working_hours__2__start_time="18:00",
        working_hours__2__end_time="00:00",
    )
    assert response.errors == {}
    assert week_of(doctor) == [(1, "09:00", "14:00"), (4, "18:00", "00:00")]


def test_working_hours_inline_swaps_two_days(admin: AdminClient, doctor: Doctor) -> None:
    response = admin.save(
        page_of(doctor), working_hours__0__weekday="1", working_hours__1__weekday="0"
    )
    assert response.errors == {}
    assert week_of(doctor) == [(0, "09:00", "13:00"), (1, "08:00", "12:00")]


def test_working_hours_inline_merges_adjacent_intervals(admin: AdminClient, doctor: Doctor) -> None:
    admin.save(
        page_of(doctor),
        working_hours__2__weekday="0",
        working_hours__2__start_time="12:00",
        working_hours__2__end_time="16:00",
    )
    assert week_of(doctor) == [(0, "08:00", "16:00"), (1, "09:00", "13:00")]


@pytest.mark.parametrize(
    ("row", "errors"),
    [
        (
            ("0", "11:00", "15:00"),
            {
                "working_hours-2-start_time": [
                    "These hours overlap other hours of the same day. Change one of them."
                ]
            },
        ),
        (
            ("3", "22:00", "06:00"),
            {"working_hours-2-end_time": [NIGHT]},
        ),
        (
            ("3", "09:02", "14:00"),
            {
                "working_hours-2-start_time": [
                    "This value is not a multiple of 5 minutes. Choose one that is."
                ]
            },
        ),
        (("3", "", "14:00"), {"working_hours-2-start_time": ["This field is required."]}),
        (
            ("3", "noon", "14:00"),
            {"working_hours-2-start_time": [NOT_A_TIME]},
        ),
    ],
)
def test_working_hours_inline_reports_invalid_values_in_their_row_and_saves_nothing(
    admin: AdminClient, doctor: Doctor, row: tuple[str, str, str], errors: dict[str, list[str]]
) -> None:
    weekday, start, end = row
    response = admin.save(
        page_of(doctor),
        specialty="Urology",
        working_hours__2__weekday=weekday,
        working_hours__2__start_time=start,
        working_hours__2__end_time=end,
    )
    assert response == AdminResponse([], errors)
    assert week_of(doctor) == MONDAY_AND_TUESDAY
    doctor.refresh_from_db()
    assert doctor.specialty == "Cardiology"


def test_working_hours_inline_reports_errors_in_the_right_row_after_a_removed_row(
    admin: AdminClient, doctor: Doctor
) -> None:
    response = admin.save(
        page_of(doctor), working_hours__0__DELETE="on", working_hours__1__end_time="09:00"
    )
    assert response.errors == {"working_hours-1-end_time": ["The end must be after the start."]}


def test_working_hours_inline_detects_a_concurrent_change(
    admin: AdminClient, doctor: Doctor
) -> None:
    form = admin.fill_in(page_of(doctor), working_hours__0__end_time="11:00")
    schedules.set_working_hours(doctor, [Interval(Weekday.FRIDAY, dt.time(8), dt.time(12))])
    assert admin.submit(page_of(doctor), form).errors["working_hours"] == [CONCURRENT_CHANGE]
    assert week_of(doctor) == [(4, "08:00", "12:00")]


def test_working_hours_inline_is_read_only_with_view_permission_only(
    doctor: Doctor, olga: User
) -> None:
    permissions = ("view_doctor", "change_doctor", "view_workinghours")
    admin = AdminClient(staff_with_permissions(olga, *permissions))
    response = admin.save(page_of(doctor), specialty="Urology", working_hours__0__end_time="11:00")
    assert response.errors == {}
    assert week_of(doctor) == MONDAY_AND_TUESDAY
    doctor.refresh_from_db()
    assert doctor.specialty == "Urology"
