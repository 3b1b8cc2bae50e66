"""Staff are asked each time before an appointment is put where its doctor does not work."""

import datetime as dt
from typing import Any

import pytest

from clinic import clock
from clinic.booking.date_exceptions import add_closure
from clinic.models import Appointment, Doctor, Patient, Status
from tests.support.admin_client import AdminClient
from tests.support.booking import TUESDAY, add_time_off, book_as_patient, cancel
from users.models import User

pytestmark = pytest.mark.django_db

ADD = "clinic/appointment/add/"
OUTSIDE_HOURS = "Outside the doctor's hours."
ASKED = "asked_about"
CONSENT = "all_the_same"


def post(admin: AdminClient, path: str, data: dict[str, Any]) -> Any:
    """Submit a form; return it as it is displayed again, or None if it was saved."""
    response: Any = admin.client.post(f"/admin/{path}", data)
    return None if response.status_code == 302 else response.context["adminform"].form


def resubmit(form: Any, data: dict[str, Any], **changes: str) -> dict[str, Any]:
    """Return what a browser submits from a form that is displayed again."""
    shown = {ASKED: form[ASKED].value() or ""}
    if form[CONSENT].is_hidden:
        shown[CONSENT] = form[CONSENT].value() or ""
    return {**data, **shown, **changes}


@pytest.fixture
def filled_in(admin: AdminClient, dora: Doctor, ann: Patient) -> dict[str, Any]:
    """A booking of Ann with Dora on Tuesday at 19:00, after Dora's hours."""
    return admin.fill_in(ADD, doctor=dora.pk, patient=ann.pk, date="2026-03-03", time="19:00")


def test_consent_books_the_time_that_was_asked_about(
    admin: AdminClient, filled_in: dict[str, Any]
) -> None:
    asked = post(admin, ADD, filled_in)
    assert post(admin, ADD, resubmit(asked, filled_in, **{CONSENT: "on"})) is None
    assert Appointment.objects.get().history.get().outside_availability


def test_consent_without_a_question_is_not_enough(
    admin: AdminClient, filled_in: dict[str, Any]
) -> None:
    form = post(admin, ADD, {**filled_in, CONSENT: "on"})
    assert (form[CONSENT].is_hidden, bool(form[CONSENT].value())) == (False, False)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"time": "20:00"},
        {"date": "2026-03-08"},
        {"doctor": "another"},
        {"duration_minutes": "60"},
    ],
)
def test_consent_does_not_count_for_another_time_or_doctor(
    admin: AdminClient, emil: Doctor, filled_in: dict[str, Any], change: dict[str, str]
) -> None:
    if "doctor" in change:
        change = {"doctor": str(emil.pk)}
    asked = post(admin, ADD, filled_in)
    again = post(admin, ADD, resubmit(asked, filled_in, **{CONSENT: "on"}, **change))
    assert OUTSIDE_HOURS in again.errors["time"][0]
    assert not again[CONSENT].value()
    assert not Appointment.objects.exists()


def test_consent_is_not_kept_through_another_error(
    admin: AdminClient, dora: Doctor, ben: Patient, filled_in: dict[str, Any]
) -> None:
    """The field was hidden and stayed ticked: the next time was booked without a question."""
    book_as_patient(ben, dora, time=dt.time(10))
    asked = post(admin, ADD, filled_in)
    taken = {**filled_in, "time": "10:00"}
    form = post(admin, ADD, resubmit(asked, taken, **{CONSENT: "on"}))
    assert (form[CONSENT].is_hidden, bool(form[CONSENT].value())) == (True, False)
    again = post(admin, ADD, resubmit(form, {**filled_in, "time": "20:00"}))
    assert OUTSIDE_HOURS in again.errors["time"][0]


def test_consent_stays_visible_while_another_field_is_corrected(
    admin: AdminClient, ann: Patient, filled_in: dict[str, Any]
) -> None:
    asked = post(admin, ADD, filled_in)
    ticked = resubmit(asked, filled_in, **{CONSENT: "on"})
    form = post(admin, ADD, {**ticked, "patient": ""})
    assert list(form.errors) == ["patient"]
    assert (form[CONSENT].is_hidden, bool(form[CONSENT].value())) == (False, True)
    assert post(admin, ADD, {**resubmit(form, ticked), "patient": str(ann.pk)}) is None


def test_appointment_form_asks_before_it_moves_onto_a_closure(
    admin: AdminClient, dora: Doctor, ann: Patient
) -> None:
    appointment = book_as_patient(ann, dora)
    wednesday = TUESDAY + dt.timedelta(days=1)
    add_closure(name="Outing", first_day=wednesday, last_day=wednesday, now=clock.now())
    path = f"clinic/appointment/{appointment.pk}/change/"
    moved = admin.fill_in(path, date="2026-03-04")
    asked = post(admin, path, moved)
    assert asked.errors == {
        "time": ["The clinic is closed: Outing. There is no free time on this date."]
    }
    assert post(admin, path, resubmit(asked, moved, **{CONSENT: "on"})) is None
    appointment.refresh_from_db()
    marks = appointment.history.order_by("pk").values_list("outside_availability", flat=True)
    assert (appointment.date, list(marks)) == (wednesday, [False, True])


def test_appointment_form_asks_before_it_becomes_longer_than_the_working_hours(
    admin: AdminClient, dora: Doctor, ann: Patient
) -> None:
    appointment = book_as_patient(ann, dora, time=dt.time(16, 30))
    path = f"clinic/appointment/{appointment.pk}/change/"
    longer = admin.fill_in(path, duration_minutes="60")
    asked = post(admin, path, longer)
    appointment.refresh_from_db()
    assert (OUTSIDE_HOURS in asked.errors["time"][0], appointment.duration_minutes) == (True, 30)
    assert post(admin, path, resubmit(asked, longer, **{CONSENT: "on"})) is None
    appointment.refresh_from_db()
    last = appointment.history.latest("pk")
    assert (appointment.duration_minutes, last.outside_availability) == (60, True)


def test_reopen_form_asks_before_it_books_a_cancelled_appointment_onto_time_off(
    admin: AdminClient, sam: User, dora: Doctor, ann: Patient
) -> None:
    appointment = book_as_patient(ann, dora)
    cancel(sam, appointment, as_staff=True)
    start = dt.datetime.combine(TUESDAY, dt.time(), clock.zone())
    add_time_off(dora, starts_at=start, ends_at=start.replace(hour=23), reason="Surgery")
    path = f"clinic/appointment/{appointment.pk}/change/"
    reopened = admin.fill_in(path, reopening_reason="Dora comes after all")
    asked = post(admin, path, reopened)
    assert asked.errors == {
        "__all__": ["The doctor has time off. There is no free time on this date."]
    }
    assert post(admin, path, resubmit(asked, reopened, **{CONSENT: "on"})) is None
    appointment.refresh_from_db()
    last = appointment.history.latest("pk")
    assert (appointment.status, last.outside_availability, last.reason) == (
        Status.CONFIRMED,
        True,
        "Dora comes after all",
    )


def test_chosen_free_time_and_another_typed_time_are_an_error(
    admin: AdminClient, filled_in: dict[str, Any]
) -> None:
    """The typed time was ignored."""
    form = post(admin, ADD, {**filled_in, "time": "11:00", "free_time": "09:30"})
    assert form.errors == {
        "time": ["You entered another time than the chosen free time. Clear one of them."]
    }
    both = {**filled_in, "time": "09:30", "free_time": "09:30"}
    assert post(admin, ADD, both) is None


def test_free_times_offer_the_typed_time_first(
    admin: AdminClient, filled_in: dict[str, Any]
) -> None:
    form = post(admin, ADD, {**filled_in, "_free_times": "1"})
    assert form.fields["free_time"].choices[:2] == [
        ("", "The time entered above"),
        ("09:00", "09:00"),
    ]


def test_chosen_free_time_of_a_day_without_any_is_a_visible_error(
    admin: AdminClient, filled_in: dict[str, Any]
) -> None:
    """The error was in a hidden row."""
    sunday = {**filled_in, "date": "2026-03-08", "time": "", "free_time": "09:30"}
    form = post(admin, ADD, sunday)
    assert form.errors == {"date": ["The doctor has no free time on this date."]}
    assert not form["free_time"].value()


@pytest.mark.parametrize("field", ["doctor", "patient", "appointment_type"])
def test_show_free_times_displays_the_form_again_for_a_forged_choice(
    admin: AdminClient, filled_in: dict[str, Any], field: str
) -> None:
    """The page failed with status 500."""
    form = post(admin, ADD, {**filled_in, field: "x", "_free_times": "1"})
    assert "Select a valid choice" in form.errors[field][0]
