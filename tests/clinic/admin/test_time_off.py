import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries

from clinic import clock
from clinic.booking import schedules
from clinic.models import Doctor, Patient, TimeOff
from tests.support.admin_client import AdminMessages, Desk
from tests.support.booking import book_as_patient, book_as_staff
from users.models import User

pytestmark = pytest.mark.django_db

SKIPPED = (
    "2026-03-29 02:30:00 couldn\u2019t be interpreted in time zone Europe/Berlin; "
    "it may be ambiguous or it may not exist."
)
ROW = "time_off__0__"


def page_of(doctor: Doctor) -> str:
    return f"clinic/doctor/{doctor.pk}/change/"


def take_off(doctor: Doctor, first_day: int, last_day: int) -> TimeOff:
    starts_at, ends_at = (
        dt.datetime(2026, 3, day, tzinfo=clock.zone()) for day in (first_day, last_day)
    )
    return schedules.add_time_off(doctor, starts_at=starts_at, ends_at=ends_at, reason="Holiday")


def add(desk: Desk, doctor: Doctor, starts: str, ends: str) -> AdminMessages:
    (first_day, first_time), (last_day, last_time) = starts.split(), ends.split()
    values = {
        f"{ROW}starts_at_0": first_day,
        f"{ROW}starts_at_1": first_time,
        f"{ROW}ends_at_0": last_day,
        f"{ROW}ends_at_1": last_time,
        f"{ROW}reason": "Holiday",
    }
    return desk.save(page_of(doctor), **values)


def changed(doctor: Doctor) -> str:
    link = f'<a href="/admin/clinic/doctor/{doctor.pk}/change/">{doctor}</a>'
    return f"The doctor “{link}” was changed successfully."


def test_time_off_is_added_on_the_clinics_wall_clock(desk: Desk, dora: Doctor) -> None:
    assert add(desk, dora, "2026-03-09 00:00", "2026-03-14 12:00") == AdminMessages(
        [changed(dora)], {}
    )
    off = dora.time_off.get()
    assert (off.starts_at, off.ends_at, off.reason) == (
        dt.datetime(2026, 3, 8, 23, tzinfo=dt.UTC),
        dt.datetime(2026, 3, 14, 11, tzinfo=dt.UTC),
        "Holiday",
    )


def test_appointments_inside_new_time_off_stay_and_are_warned_of(
    desk: Desk, dora: Doctor, ann: Patient, ben: Patient
) -> None:
    book_as_patient(ann, dora, dt.date(2026, 3, 9))
    book_as_patient(ben, dora, dt.date(2026, 3, 10))
    said = add(desk, dora, "2026-03-09 00:00", "2026-03-14 00:00")
    off = dora.time_off.get()
    warning = f"2 appointments stand inside the time off {off}: move or cancel each by itself."
    assert said == AdminMessages([warning, changed(dora)], {})
    assert dora.appointments.live().count() == 2


def test_the_page_links_to_the_appointments_inside_time_off(
    desk: Desk, sam: User, dora: Doctor, ann: Patient
) -> None:
    take_off(dora, 9, 14)
    appointment = book_as_staff(sam, dora, ann, dt.date(2026, 3, 9))
    _hours, time_off = desk.open(page_of(dora)).context["inline_admin_formsets"]
    first = next(iter(time_off))
    *_others, inside = [field for fieldset in first for line in fieldset for field in line]
    assert inside.contents() == (
        f'<a href="/admin/clinic/appointment/{appointment.pk}/change/">Mon 2026-03-09 09:00</a>'
    )


def test_time_off_is_removed(desk: Desk, dora: Doctor) -> None:
    take_off(dora, 9, 14)
    assert desk.save(page_of(dora), **{f"{ROW}DELETE": "on"}).errors == {}
    assert not dora.time_off.exists()


def test_time_off_that_somebody_removed_meanwhile_cannot_be_removed_again(
    desk: Desk, dora: Doctor
) -> None:
    off = take_off(dora, 9, 14)
    form = desk.fill_in(page_of(dora), **{f"{ROW}DELETE": "on"})
    schedules.remove_time_off(dora, off.pk)
    said = desk.send(page_of(dora), form)
    assert said.errors["__all__"] == ["There is no such thing, or it is not yours."]


def test_time_off_that_is_there_keeps_its_times(desk: Desk, dora: Doctor) -> None:
    off = take_off(dora, 9, 14)
    desk.save(page_of(dora), **{f"{ROW}ends_at_0": "2026-03-20", f"{ROW}reason": "Other"})
    assert dora.time_off.get() == off
    assert (dora.time_off.get().ends_at, dora.time_off.get().reason) == (off.ends_at, "Holiday")


@pytest.mark.parametrize(
    ("starts", "ends", "error"),
    [
        ("2026-03-14 00:00", "2026-03-09 00:00", {"ends_at": ["Ends before it starts."]}),
        (
            "2026-03-29 02:30",
            "2026-03-30 00:00",
            {"starts_at": [SKIPPED]},
        ),
    ],
)
def test_time_off_that_cannot_be_is_an_error_of_its_row(
    desk: Desk, dora: Doctor, starts: str, ends: str, error: dict[str, list[str]]
) -> None:
    said = add(desk, dora, starts, ends)
    assert said == AdminMessages(
        [], {f"time_off-0-{name}": errors for name, errors in error.items()}
    )
    assert not dora.time_off.exists()


def test_time_off_that_is_over_is_not_shown(desk: Desk, dora: Doctor) -> None:
    schedules.add_time_off(dora, starts_at=clock.now() - dt.timedelta(days=9), ends_at=clock.now())
    coming = take_off(dora, 9, 14)
    _hours, time_off = desk.open(page_of(dora)).context["inline_admin_formsets"]
    assert [form.instance for form in time_off.formset.initial_forms] == [coming]


@pytest.mark.parametrize("number", [1, 8])
def test_the_page_takes_the_same_queries_however_much_time_off_there_is(
    desk: Desk, dora: Doctor, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for day in range(number):
        take_off(dora, 9 + day, 10 + day)
    desk.open(page_of(dora))
    with django_assert_num_queries(8):
        desk.open(page_of(dora))
