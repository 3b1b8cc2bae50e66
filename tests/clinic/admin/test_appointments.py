import datetime as dt
from typing import Any

import pytest
import time_machine

from clinic.errors import MESSAGES, BookingErrorCode
from clinic.models import Appointment, Doctor, Patient, Status
from tests.support.admin_client import AdminClient, AdminResponse, staff_with_permissions
from tests.support.booking import (
    TUESDAY,
    assert_ticks_are_those_of_live_appointments,
    book_as_patient,
    cancel,
    confirm,
    history_of,
    move,
)
from users.models import User

pytestmark = pytest.mark.django_db

CONCURRENT_CHANGE = (
    "Someone else changed this appointment in the meantime. Reload the page and try again."
)
NEXT_FREE = (
    "Next available times: Tue 2026-03-03 11:30, Tue 2026-03-03 12:00, Tue 2026-03-03 12:30."
)
NOT_STARTED = "The appointment has not started yet."
INVALID_TRANSITION = str(MESSAGES[BookingErrorCode.INVALID_TRANSITION])


@pytest.fixture
def appointment(dora: Doctor, ann: Patient) -> Appointment:
    """Ann's pending appointment with Dora, on Tuesday at 9:00."""
    return book_as_patient(ann, dora, reason_for_visit="Cough")


def page_of(appointment: Appointment) -> str:
    return f"clinic/appointment/{appointment.pk}/change/"


def editable_fields(page: Any) -> set[str]:
    return {
        field.field.name
        for fieldset in page.context["adminform"]
        for line in fieldset
        for field in line
        if not field.is_readonly
    }


def test_appointment_form_reschedules_and_keeps_the_status(
    admin: AdminClient, appointment: Appointment
) -> None:
    response = admin.save(page_of(appointment), date="2026-03-04", time="11:00")
    appointment.refresh_from_db()
    assert response.errors == {}
    assert (appointment.date, appointment.time, appointment.status) == (
        dt.date(2026, 3, 4),
        dt.time(11),
        Status.PENDING,
    )
    assert history_of(appointment) == [
        ("pending", "2026-03-03 09:00", "Ann"),
        ("pending", "2026-03-04 11:00", "Sam"),
    ]
    assert_ticks_are_those_of_live_appointments()


def test_appointment_form_reports_a_taken_time_and_saves_nothing(
    admin: AdminClient, appointment: Appointment, dora: Doctor, ben: Patient
) -> None:
    book_as_patient(ben, dora, time=dt.time(11))
    assert admin.save(page_of(appointment), time="11:00", status="confirmed") == AdminResponse(
        [],
        {
            "time": [
                f"The doctor has another appointment at this time. Choose another time. {NEXT_FREE}"
            ]
        },
    )
    appointment.refresh_from_db()
    assert (appointment.time, appointment.status) == (dt.time(9), Status.PENDING)
    assert_ticks_are_those_of_live_appointments()


def test_appointment_form_reports_a_date_in_the_past(
    admin: AdminClient, appointment: Appointment
) -> None:
    response = admin.save(page_of(appointment), date="2026-02-27")
    assert response == AdminResponse(
        [], {"date": ["This time is in the past. Choose a later one."]}
    )


def test_appointment_form_confirms_and_completes(
    admin: AdminClient, appointment: Appointment, clock: time_machine.Traveller
) -> None:
    assert admin.save(page_of(appointment), status="confirmed").errors == {}
    too_early = admin.save(page_of(appointment), status="completed")
    assert too_early == AdminResponse([], {"__all__": [NOT_STARTED]})
    clock.move_to(dt.datetime(2026, 3, 3, 8, 5, tzinfo=dt.UTC))
    assert admin.save(page_of(appointment), status="completed").errors == {}
    assert [(status, actor) for status, _when, actor in history_of(appointment)] == [
        ("pending", "Ann"),
        ("confirmed", "Sam"),
        ("completed", "Sam"),
    ]


def test_appointment_form_cancels_with_a_reason(
    admin: AdminClient, appointment: Appointment
) -> None:
    assert (
        admin.save(page_of(appointment), status="cancelled", cancellation_reason="Ill").errors == {}
    )
    appointment.refresh_from_db()
    assert (appointment.status, appointment.cancellation_reason) == (Status.CANCELLED, "Ill")
    assert_ticks_are_those_of_live_appointments()


def test_appointment_form_rejects_a_cancellation_reason_without_the_status(
    admin: AdminClient, appointment: Appointment
) -> None:
    response = admin.save(page_of(appointment), cancellation_reason="Ill")
    assert response.errors == {
        "cancellation_reason": [
            "To cancel the appointment with this reason, also set the status to “Cancelled”."
        ]
    }


def test_appointment_form_reschedules_and_confirms_in_one_save(
    admin: AdminClient, appointment: Appointment
) -> None:
    assert admin.save(page_of(appointment), time="10:00", status="confirmed").errors == {}
    assert history_of(appointment) == [
        ("pending", "2026-03-03 09:00", "Ann"),
        ("pending", "2026-03-03 10:00", "Sam"),
        ("confirmed", "2026-03-03 10:00", "Sam"),
    ]


def test_appointment_form_undoes_the_reschedule_if_the_status_change_fails(
    admin: AdminClient, appointment: Appointment, dora: Doctor
) -> None:
    confirm(dora.user, appointment)
    response = admin.save(page_of(appointment), date="2026-03-04", status="completed")
    assert response == AdminResponse([], {"__all__": [NOT_STARTED]})
    appointment.refresh_from_db()
    assert (appointment.date, appointment.status) == (TUESDAY, Status.CONFIRMED)
    assert_ticks_are_those_of_live_appointments()


def test_appointment_form_writes_no_history_without_changes(
    admin: AdminClient, appointment: Appointment
) -> None:
    assert admin.save(page_of(appointment)).errors == {}
    assert len(history_of(appointment)) == 1


def test_appointment_form_detects_a_concurrent_reschedule(
    admin: AdminClient, appointment: Appointment, ann: Patient
) -> None:
    form = admin.fill_in(page_of(appointment), status="confirmed")
    move(ann.user, appointment)
    assert admin.submit(page_of(appointment), form).errors == {"__all__": [CONCURRENT_CHANGE]}
    appointment.refresh_from_db()
    assert (appointment.time, appointment.status) == (dt.time(10), Status.PENDING)


def test_appointment_form_detects_a_concurrent_cancellation(
    admin: AdminClient, appointment: Appointment, ann: Patient
) -> None:
    form = admin.fill_in(page_of(appointment), status="confirmed")
    cancel(ann.user, appointment)
    assert admin.submit(page_of(appointment), form).errors == {"__all__": [CONCURRENT_CHANGE]}
    appointment.refresh_from_db()
    assert appointment.status == Status.CANCELLED


def test_appointment_form_edits_everything_but_the_patient(
    admin: AdminClient, appointment: Appointment
) -> None:
    page = admin.open(page_of(appointment))
    assert editable_fields(page) == {
        *("date", "time", "doctor", "all_the_same", "asked_about", "seen"),
        *("appointment_type", "duration_minutes", "reason_for_visit"),
        *("has_arrived", "status", "cancellation_reason"),
    }


def test_appointment_form_offers_valid_next_statuses_only(
    admin: AdminClient, appointment: Appointment, dora: Doctor
) -> None:
    def offered_statuses() -> list[str]:
        form = admin.open(page_of(appointment)).context["adminform"].form
        return [value for value, _label in form.fields["status"].choices]

    assert offered_statuses() == ["pending", "confirmed", "cancelled"]
    confirm(dora.user, appointment)
    assert offered_statuses() == ["confirmed", "completed", "no_show", "cancelled"]


def test_closed_appointment_is_read_only_but_for_reopening(
    admin: AdminClient, appointment: Appointment, ann: Patient
) -> None:
    cancel(ann.user, appointment, "Got well")
    assert editable_fields(admin.open(page_of(appointment))) == {
        *("reopening_reason", "all_the_same", "asked_about", "seen")
    }


@pytest.mark.parametrize("reason", ["", "  "])
def test_closed_appointment_is_not_saved_without_a_reason_for_reopening(
    admin: AdminClient, appointment: Appointment, ann: Patient, reason: str
) -> None:
    cancel(ann.user, appointment, "Got well")
    saved = admin.save(page_of(appointment), reopening_reason=reason)
    assert (saved.errors, saved.messages) == (
        {"reopening_reason": ["Nothing was changed. To reopen the appointment, enter the reason."]},
        [],
    )


def test_history_inline_is_read_only(
    admin: AdminClient, appointment: Appointment, dora: Doctor
) -> None:
    confirm(dora.user, appointment)
    (history,) = admin.open(page_of(appointment)).context["inline_admin_formsets"]
    rows = [
        [field.contents() for line in fieldset for field in line]
        for row in history
        for fieldset in row
    ]
    monday, tuesday = "Mon 2026-03-02 08:00", "Tue 2026-03-03 09:00"
    link_to_doctor = f'<a href="/admin/clinic/doctor/{dora.pk}/change/">{dora}</a>'
    assert rows == [
        [monday, status, tuesday, "30 minutes", "-", link_to_doctor, "", "-", link_to(user), "-"]
        for status, user in (("Pending", appointment.patient.user), ("Confirmed", dora.user))
    ]
    history_before = history_of(appointment)
    assert admin.save(page_of(appointment), history__0__status="cancelled").errors == {}
    assert admin.save(page_of(appointment), history__0__DELETE="on").errors == {}
    assert history_of(appointment) == history_before


def link_to(user: User) -> str:
    return f'<a href="/admin/users/user/{user.pk}/change/">{user}</a>'


def test_appointment_admin_does_not_delete(admin: AdminClient, appointment: Appointment) -> None:
    page = f"/admin/clinic/appointment/{appointment.pk}/delete/"
    assert admin.client.post(page, {"post": "yes"}).status_code == 403
    assert Appointment.objects.filter(pk=appointment.pk).exists()


def test_appointment_form_is_read_only_with_view_permission_only(
    appointment: Appointment, olga: User
) -> None:
    viewer = AdminClient(staff_with_permissions(olga, "view_appointment"))
    assert editable_fields(viewer.open(page_of(appointment))) == set()
    response = viewer.client.post(f"/admin/{page_of(appointment)}", {"status": "cancelled"})
    assert response.status_code == 403
