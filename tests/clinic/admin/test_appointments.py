import datetime as dt
from typing import Any

import pytest
import time_machine

from clinic.booking.services import NOT_STARTED
from clinic.errors import MESSAGES, BookingErrorCode
from clinic.models import Appointment, Doctor, Patient, Status
from tests.support.admin_client import AdminMessages, Desk, make_staff
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

CHANGED_MEANWHILE = "Somebody else changed this appointment meanwhile. Open it again to see it."
NEXT_FREE = "Next free: Tue 2026-03-03 11:30, Tue 2026-03-03 12:00, Tue 2026-03-03 12:30."
NOT_NOW = MESSAGES[BookingErrorCode.INVALID_TRANSITION]


@pytest.fixture
def appointment(dora: Doctor, ann: Patient) -> Appointment:
    """Ann's with Dora, on Tuesday at nine, pending."""
    return book_as_patient(ann, dora, reason_for_visit="Cough")


def page_of(appointment: Appointment) -> str:
    return f"clinic/appointment/{appointment.pk}/change/"


def fields_of(page: Any) -> set[str]:
    """The fields that can be edited."""
    return {
        field.field.name
        for fieldset in page.context["adminform"]
        for line in fieldset
        for field in line
        if not field.is_readonly
    }


def test_staff_move_a_appointment_which_keeps_its_status(
    desk: Desk, appointment: Appointment
) -> None:
    said = desk.save(page_of(appointment), date="2026-03-04", time="11:00")
    appointment.refresh_from_db()
    assert said.errors == {}
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


def test_a_move_onto_a_taken_time_is_an_error_of_the_time_and_moves_nothing(
    desk: Desk, appointment: Appointment, dora: Doctor, ben: Patient
) -> None:
    book_as_patient(ben, dora, time=dt.time(11))
    assert desk.save(page_of(appointment), time="11:00", status="confirmed") == AdminMessages(
        [],
        {"time": [f"The doctor is booked at this time. {NEXT_FREE}"]},
    )
    appointment.refresh_from_db()
    assert (appointment.time, appointment.status) == (dt.time(9), Status.PENDING)
    assert_ticks_are_those_of_live_appointments()


def test_a_move_into_the_past_is_an_error_of_the_date(desk: Desk, appointment: Appointment) -> None:
    said = desk.save(page_of(appointment), date="2026-02-27")
    assert said == AdminMessages([], {"date": ["This time is in the past."]})


def test_staff_confirm_then_complete_a_appointment(
    desk: Desk, appointment: Appointment, clock: time_machine.Traveller
) -> None:
    assert desk.save(page_of(appointment), status="confirmed").errors == {}
    early = desk.save(page_of(appointment), status="completed")
    assert early == AdminMessages([], {"__all__": [NOT_STARTED]})
    clock.move_to(dt.datetime(2026, 3, 3, 8, 5, tzinfo=dt.UTC))
    assert desk.save(page_of(appointment), status="completed").errors == {}
    assert [(status, who) for status, _when, who in history_of(appointment)] == [
        ("pending", "Ann"),
        ("confirmed", "Sam"),
        ("completed", "Sam"),
    ]


def test_staff_cancel_a_appointment_and_say_why(desk: Desk, appointment: Appointment) -> None:
    assert (
        desk.save(page_of(appointment), status="cancelled", cancellation_reason="Ill").errors == {}
    )
    appointment.refresh_from_db()
    assert (appointment.status, appointment.cancellation_reason) == (Status.CANCELLED, "Ill")
    assert_ticks_are_those_of_live_appointments()


def test_a_reason_alone_cancels_nothing_and_says_so(desk: Desk, appointment: Appointment) -> None:
    said = desk.save(page_of(appointment), cancellation_reason="Ill")
    assert said.errors == {
        "cancellation_reason": ["To cancel the appointment, choose the status “Cancelled” as well."]
    }


def test_a_move_and_a_confirmation_are_one_save_and_two_lines_of_history(
    desk: Desk, appointment: Appointment
) -> None:
    assert desk.save(page_of(appointment), time="10:00", status="confirmed").errors == {}
    assert history_of(appointment) == [
        ("pending", "2026-03-03 09:00", "Ann"),
        ("pending", "2026-03-03 10:00", "Sam"),
        ("confirmed", "2026-03-03 10:00", "Sam"),
    ]


def test_if_the_second_half_of_a_save_is_refused_the_first_is_undone(
    desk: Desk, appointment: Appointment, dora: Doctor
) -> None:
    confirm(dora.user, appointment)
    said = desk.save(page_of(appointment), date="2026-03-04", status="completed")
    assert said == AdminMessages([], {"__all__": [NOT_STARTED]})
    appointment.refresh_from_db()
    assert (appointment.date, appointment.status) == (TUESDAY, Status.CONFIRMED)
    assert_ticks_are_those_of_live_appointments()


def test_saving_without_a_change_leaves_no_history(desk: Desk, appointment: Appointment) -> None:
    assert desk.save(page_of(appointment)).errors == {}
    assert len(history_of(appointment)) == 1


def test_a_form_opened_before_somebody_moved_the_appointment_does_not_move_it_back(
    desk: Desk, appointment: Appointment, ann: Patient
) -> None:
    form = desk.fill_in(page_of(appointment), status="confirmed")
    move(ann.user, appointment)
    assert desk.send(page_of(appointment), form).errors == {"__all__": [CHANGED_MEANWHILE]}
    appointment.refresh_from_db()
    assert (appointment.time, appointment.status) == (dt.time(10), Status.PENDING)


def test_a_form_opened_before_the_appointment_was_cancelled_is_refused(
    desk: Desk, appointment: Appointment, ann: Patient
) -> None:
    form = desk.fill_in(page_of(appointment), status="confirmed")
    cancel(ann.user, appointment)
    assert desk.send(page_of(appointment), form).errors == {
        "__all__": [CHANGED_MEANWHILE],
        "status": [NOT_NOW],
    }
    appointment.refresh_from_db()
    assert appointment.status == Status.CANCELLED


def test_an_open_appointment_can_be_moved_and_its_people_cannot_be_exchanged(
    desk: Desk, appointment: Appointment
) -> None:
    page = desk.open(page_of(appointment))
    assert fields_of(page) == {"date", "time", "seen", "status", "cancellation_reason"}


def test_only_possible_statuses_are_offered(
    desk: Desk, appointment: Appointment, dora: Doctor
) -> None:
    def offered() -> list[str]:
        form = desk.open(page_of(appointment)).context["adminform"].form
        return [value for value, _label in form.fields["status"].choices]

    assert offered() == ["pending", "confirmed", "cancelled"]
    confirm(dora.user, appointment)
    assert offered() == ["confirmed", "completed", "cancelled"]


def test_a_closed_appointment_can_only_be_looked_at(
    desk: Desk, appointment: Appointment, ann: Patient
) -> None:
    cancel(ann.user, appointment, "Got well")
    assert fields_of(desk.open(page_of(appointment))) == set()


def test_the_history_is_shown_and_cannot_be_rewritten(
    desk: Desk, appointment: Appointment, dora: Doctor
) -> None:
    confirm(dora.user, appointment)
    (history,) = desk.open(page_of(appointment)).context["inline_admin_formsets"]
    rows = [
        [field.contents() for line in fieldset for field in line]
        for row in history
        for fieldset in row
    ]
    monday, tuesday = "Mon 2026-03-02 08:00", "Tue 2026-03-03 09:00"
    assert rows == [
        [monday, "Pending", tuesday, link_to(appointment.patient.user)],
        [monday, "Confirmed", tuesday, link_to(dora.user)],
    ]
    lines = history_of(appointment)
    assert desk.save(page_of(appointment), history__0__status="cancelled").errors == {}
    assert desk.save(page_of(appointment), history__0__DELETE="on").errors == {}
    assert history_of(appointment) == lines


def link_to(user: User) -> str:
    return f'<a href="/admin/users/user/{user.pk}/change/">{user}</a>'


def test_a_appointment_cannot_be_deleted(desk: Desk, appointment: Appointment) -> None:
    page = f"/admin/clinic/appointment/{appointment.pk}/delete/"
    assert desk.client.post(page, {"post": "yes"}).status_code == 403
    assert Appointment.objects.filter(pk=appointment.pk).exists()


def test_staff_with_the_right_to_look_only_look(appointment: Appointment, olga: User) -> None:
    reader = Desk(make_staff(olga, "view_appointment"))
    assert fields_of(reader.open(page_of(appointment))) == set()
    answer = reader.client.post(f"/admin/{page_of(appointment)}", {"status": "cancelled"})
    assert answer.status_code == 403
