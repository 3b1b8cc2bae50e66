import datetime as dt

import pytest

from clinic.booking import schedules
from clinic.booking.schedules import Interval
from clinic.models import Doctor, Weekday
from tests.support.admin_client import AdminMessages, Desk, make_staff
from users.models import User

pytestmark = pytest.mark.django_db

CHANGED = "Somebody else changed this week meanwhile. Open the page again to see it."
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
    """Dora, who works on Monday and Tuesday mornings."""
    schedules.set_working_hours(
        dora,
        [
            Interval(Weekday.MONDAY, dt.time(8), dt.time(12)),
            Interval(Weekday.TUESDAY, dt.time(9), dt.time(13)),
        ],
    )
    return dora


BOTH: Week = [(0, "08:00", "12:00"), (1, "09:00", "13:00")]


def test_hours_are_changed_added_and_removed_in_one_save(desk: Desk, doctor: Doctor) -> None:
    said = desk.save(
        page_of(doctor),
        working_hours__0__DELETE="on",
        working_hours__1__end_time="14:00",
        working_hours__2__weekday="4",
        working_hours__2__start_time="18:00",
        working_hours__2__end_time="00:00",
    )
    assert said.errors == {}
    assert week_of(doctor) == [(1, "09:00", "14:00"), (4, "18:00", "00:00")]


def test_two_days_can_be_exchanged(desk: Desk, doctor: Doctor) -> None:
    said = desk.save(page_of(doctor), working_hours__0__weekday="1", working_hours__1__weekday="0")
    assert said.errors == {}
    assert week_of(doctor) == [(0, "09:00", "13:00"), (1, "08:00", "12:00")]


def test_touching_hours_become_one(desk: Desk, doctor: Doctor) -> None:
    desk.save(
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
            {"working_hours-2-start_time": ["Overlaps other hours of that day."]},
        ),
        (("3", "15:00", "14:00"), {"working_hours-2-end_time": ["Ends before it starts."]}),
        (
            ("3", "09:02", "14:00"),
            {"working_hours-2-start_time": ["Not a multiple of five minutes."]},
        ),
        (("3", "", "14:00"), {"working_hours-2-start_time": ["This field is required."]}),
        (("3", "noon", "14:00"), {"working_hours-2-start_time": ["Enter a valid time."]}),
    ],
)
def test_hours_that_cannot_be_are_an_error_of_their_row_and_nothing_is_saved(
    desk: Desk, doctor: Doctor, row: tuple[str, str, str], errors: dict[str, list[str]]
) -> None:
    weekday, start, end = row
    said = desk.save(
        page_of(doctor),
        specialty="Urology",
        working_hours__2__weekday=weekday,
        working_hours__2__start_time=start,
        working_hours__2__end_time=end,
    )
    assert said == AdminMessages([], errors)
    assert week_of(doctor) == BOTH
    doctor.refresh_from_db()
    assert doctor.specialty == "Cardiology"


def test_an_error_is_shown_in_its_own_row_when_one_before_it_is_removed(
    desk: Desk, doctor: Doctor
) -> None:
    said = desk.save(
        page_of(doctor), working_hours__0__DELETE="on", working_hours__1__end_time="08:00"
    )
    assert said.errors == {"working_hours-1-end_time": ["Ends before it starts."]}


def test_a_week_that_somebody_changed_meanwhile_is_not_overwritten(
    desk: Desk, doctor: Doctor
) -> None:
    form = desk.fill_in(page_of(doctor), working_hours__0__end_time="11:00")
    schedules.set_working_hours(doctor, [Interval(Weekday.FRIDAY, dt.time(8), dt.time(12))])
    assert desk.send(page_of(doctor), form).errors["working_hours"] == [CHANGED]
    assert week_of(doctor) == [(4, "08:00", "12:00")]


def test_who_may_only_look_sees_the_week_and_cannot_change_it(doctor: Doctor, olga: User) -> None:
    rights = ("view_doctor", "change_doctor", "view_workinghours")
    desk = Desk(make_staff(olga, *rights))
    said = desk.save(page_of(doctor), specialty="Urology", working_hours__0__end_time="11:00")
    assert said.errors == {}
    assert week_of(doctor) == BOTH
    doctor.refresh_from_db()
    assert doctor.specialty == "Urology"
