import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries

from clinic import clock
from clinic.booking import schedules
from clinic.models import Doctor, Patient, TimeOff
from tests.support.admin_client import AdminClient, AdminResponse, inline_rows
from tests.support.booking import add_time_off, book_as_patient, book_as_staff
from users.models import User

pytestmark = pytest.mark.django_db

INVALID_TIME = (
    "2026-03-29 02:30:00 couldn\u2019t be interpreted in time zone Europe/Berlin; "
    "it may be ambiguous or it may not exist."
)
FIRST_ROW = "time_off__0__"


def page_of(doctor: Doctor) -> str:
    return f"clinic/doctor/{doctor.pk}/change/"


def save_days_off(doctor: Doctor, first_day: int, last_day: int) -> TimeOff:
    starts_at, ends_at = (
        dt.datetime(2026, 3, day, tzinfo=clock.zone()) for day in (first_day, last_day)
    )
    return add_time_off(doctor, starts_at=starts_at, ends_at=ends_at, reason="Holiday")


def save_time_off(admin: AdminClient, doctor: Doctor, starts: str, ends: str) -> AdminResponse:
    (first_day, first_time), (last_day, last_time) = starts.split(), ends.split()
    values = {
        f"{FIRST_ROW}starts_at_0": first_day,
        f"{FIRST_ROW}starts_at_1": first_time,
        f"{FIRST_ROW}ends_at_0": last_day,
        f"{FIRST_ROW}ends_at_1": last_time,
        f"{FIRST_ROW}reason": "Holiday",
    }
    return admin.save(page_of(doctor), **values)


def changed_message(doctor: Doctor) -> str:
    link = f'<a href="/admin/clinic/doctor/{doctor.pk}/change/">{doctor}</a>'
    return f"The doctor “{link}” was changed successfully."


def test_time_off_inline_reads_times_in_the_clinics_time_zone(
    admin: AdminClient, dora: Doctor
) -> None:
    assert save_time_off(admin, dora, "2026-03-09 00:00", "2026-03-14 12:00") == AdminResponse(
        [changed_message(dora)], {}
    )
    time_off = dora.time_off.get()
    assert (time_off.starts_at, time_off.ends_at, time_off.reason) == (
        dt.datetime(2026, 3, 8, 23, tzinfo=dt.UTC),
        dt.datetime(2026, 3, 14, 11, tzinfo=dt.UTC),
        "Holiday",
    )


def test_time_off_inline_warns_of_overlapping_appointments(
    admin: AdminClient, dora: Doctor, ann: Patient, ben: Patient
) -> None:
    book_as_patient(ann, dora, dt.date(2026, 3, 9))
    book_as_patient(ben, dora, dt.date(2026, 3, 10))
    response = save_time_off(admin, dora, "2026-03-09 00:00", "2026-03-14 00:00")
    time_off = dora.time_off.get()
    warning = f"2 appointments overlap the time off {time_off}. Reschedule or cancel each of them."
    assert response == AdminResponse([warning, changed_message(dora)], {})
    assert dora.appointments.live().count() == 2


def test_time_off_inline_links_to_overlapping_appointments(
    admin: AdminClient, sam: User, dora: Doctor, ann: Patient
) -> None:
    save_days_off(dora, 9, 14)
    appointment = book_as_staff(sam, dora, ann, dt.date(2026, 3, 9))
    [*_others, overlapping], _extra = inline_rows(admin.open(page_of(dora)), "time_off")
    assert overlapping.contents() == (
        f'<a href="/admin/clinic/appointment/{appointment.pk}/change/">Mon 2026-03-09 09:00</a>'
    )


def test_time_off_inline_removes_time_off(admin: AdminClient, dora: Doctor) -> None:
    save_days_off(dora, 9, 14)
    assert admin.save(page_of(dora), **{f"{FIRST_ROW}DELETE": "on"}).errors == {}
    assert not dora.time_off.exists()


def test_time_off_inline_reports_a_concurrent_removal(admin: AdminClient, dora: Doctor) -> None:
    time_off = save_days_off(dora, 9, 14)
    form = admin.fill_in(page_of(dora), **{f"{FIRST_ROW}DELETE": "on"})
    schedules.remove_time_off(dora, time_off.pk)
    response = admin.submit(page_of(dora), form)
    assert response.errors["__all__"] == ["Not found, or you don't have access to it."]


def test_time_off_inline_does_not_edit_existing_time_off(admin: AdminClient, dora: Doctor) -> None:
    time_off = save_days_off(dora, 9, 14)
    admin.save(
        page_of(dora), **{f"{FIRST_ROW}ends_at_0": "2026-03-20", f"{FIRST_ROW}reason": "Other"}
    )
    assert dora.time_off.get() == time_off
    assert (dora.time_off.get().ends_at, dora.time_off.get().reason) == (
        time_off.ends_at,
        "Holiday",
    )


@pytest.mark.parametrize(
    ("starts", "ends", "error"),
    [
        ("2026-03-14 00:00", "2026-03-09 00:00", {"ends_at": ["The end must be after the start."]}),
        (
            "2026-03-29 02:30",
            "2026-03-30 00:00",
            {"starts_at": [INVALID_TIME]},
        ),
        ("0001-01-01 00:00", "2026-03-14 12:00", {"starts_at": ["This value is not valid."]}),
        (
            "2026-02-20 00:00",
            "2026-03-02 08:00",
            {"ends_at": ["This time is in the past. Choose a later one."]},
        ),
    ],
)
def test_time_off_inline_reports_invalid_values_in_their_row(
    admin: AdminClient, dora: Doctor, starts: str, ends: str, error: dict[str, list[str]]
) -> None:
    response = save_time_off(admin, dora, starts, ends)
    assert response == AdminResponse(
        [], {f"time_off-0-{name}": errors for name, errors in error.items()}
    )
    assert not dora.time_off.exists()


def test_time_off_inline_adds_time_off_that_has_begun(admin: AdminClient, dora: Doctor) -> None:
    assert save_time_off(admin, dora, "2026-02-20 00:00", "2026-03-02 08:01") == AdminResponse(
        [changed_message(dora)], {}
    )
    assert dora.time_off.count() == 1


def test_time_off_inline_hides_past_time_off(admin: AdminClient, dora: Doctor) -> None:
    dora.time_off.create(starts_at=clock.now() - dt.timedelta(days=9), ends_at=clock.now())
    coming = save_days_off(dora, 9, 14)
    *_others, time_off, _assistants = admin.open(page_of(dora)).context["inline_admin_formsets"]
    assert [form.instance for form in time_off.formset.initial_forms] == [coming]


@pytest.mark.parametrize("number", [1, 8])
def test_time_off_inline_uses_a_constant_number_of_queries(
    admin: AdminClient, dora: Doctor, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for day in range(number):
        save_days_off(dora, 9 + day, 10 + day)
    admin.open(page_of(dora))
    with django_assert_num_queries(12):
        admin.open(page_of(dora))
