"""What staff do in the admin's calendar: book, register, move, change the status."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from time_machine import Traveller

from clinic.models import Appointment, Doctor, Patient
from tests.clinic.admin.calendar.conftest import CALENDAR, CalendarClient
from tests.support.access_records import recorded_accesses
from tests.support.booking import NINE, TEN, book_as_patient, confirm, history_of
from users.models import User

pytestmark = pytest.mark.django_db

AT_TEN = {"date": "2026-03-03", "time": "10:00"}
CALLER = {"first_name": "Hedwig", "last_name": "Meyer", "date_of_birth": "1950-01-31"}
TAKEN = "The doctor has another appointment at this time. Choose another time."
CONCURRENT = "Someone else changed this appointment in the meantime. Reload the page and try again."


def free(*times: str) -> list[dict[str, str]]:
    return [
        {"date": "2026-03-03", "time": time, "text": f"Tue 2026-03-03 {time}"} for time in times
    ]


def error(field: str | None, code: str, message: str) -> dict[str, str | None]:
    return {"field": field, "code": code, "message": message}


def moving(appointment: Appointment, **changes: Any) -> dict[str, Any]:
    """What the page sends to move the appointment, by default to where it is."""
    start = appointment.slot.start
    return {
        "doctor": appointment.doctor_id,
        "date": f"{start:%Y-%m-%d}",
        "time": f"{start:%H:%M}",
        "seen": f"{appointment.doctor_id} {start.isoformat()}",
        **changes,
    }


def test_clerk_books_a_known_patient(clerk: CalendarClient, dora: Doctor, ann: Patient) -> None:
    answer = clerk.post(
        "book", doctor=dora.pk, patient=ann.pk, **AT_TEN, reason_for_visit="Check-up"
    )
    appointment = Appointment.objects.get()
    assert answer == {"appointment": appointment.pk}
    assert (appointment.patient, appointment.doctor, appointment.time) == (ann, dora, TEN)
    assert history_of(appointment) == [("confirmed", "2026-03-03 10:00", "Rita")]
    assert recorded_accesses() == [("Rita", "change", "admin", "Ann", [])]
    assert LogEntry.objects.get().object_id == str(appointment.pk)


def test_clerk_registers_a_caller_and_books(clerk: CalendarClient, dora: Doctor) -> None:
    answer = clerk.post("book", doctor=dora.pk, **AT_TEN, **CALLER, phone_number="030 123459")
    appointment = Appointment.objects.get()
    assert answer == {"appointment": appointment.pk}
    assert str(appointment.patient) == "Hedwig Meyer"
    assert str(appointment.patient.phone_number) == "+4930123459"
    assert [row[:4] for row in recorded_accesses()] == [("Rita", "change", "admin", "Hedwig")] * 2


def test_caller_who_may_be_known_is_registered_after_the_question(
    clerk: CalendarClient, dora: Doctor, ann: Patient
) -> None:
    caller = {"first_name": "ANN", "last_name": "example", "date_of_birth": "1990-05-17"}
    answer = clerk.post("book", doctor=dora.pk, **AT_TEN, **caller)
    question = (
        "The clinic may know this person already. Look for them first, and register them only if "
        "it is somebody else."
    )
    assert answer == {
        "errors": [error(None, "possible_duplicate", question)],
        "asks": "duplicate",
        "people": [{"patient": ann.pk, "text": "Ann Example, born 1990-05-17"}],
    }
    assert Appointment.objects.count() == 0
    fields = ["Patient.date_of_birth", "Patient.name"]
    assert recorded_accesses() == [("Rita", "read", "admin", "Ann", fields)]
    clerk.post("book", doctor=dora.pk, **AT_TEN, **caller, register_anyway=1)
    assert Appointment.objects.get().patient != ann


def test_nobody_is_registered_if_the_time_is_taken(
    clerk: CalendarClient, dora: Doctor, ann: Patient
) -> None:
    book_as_patient(ann, dora, time=TEN)
    answer = clerk.post("book", doctor=dora.pk, **AT_TEN, **CALLER)
    assert answer == {
        "errors": [error("time", "slot_taken", TAKEN)],
        "free": free("10:30", "11:00", "11:30"),
    }
    assert Patient.objects.count() == 1


def test_time_outside_the_hours_is_booked_after_the_question(
    clerk: CalendarClient, dora: Doctor, ann: Patient
) -> None:
    late = {"doctor": dora.pk, "patient": ann.pk, "date": "2026-03-03", "time": "19:00"}
    answer = clerk.post("book", **late)
    assert answer.pop("free")[0] == free("09:00")[0]
    assert answer == {
        "errors": [error("time", "outside_availability", "Outside the doctor's hours.")],
        "asks": "outside",
    }
    fields = ["Patient.free_times"]
    assert recorded_accesses() == [("Rita", "read", "admin", "Ann", fields)]
    clerk.post("book", **late, allow_outside=1)
    assert Appointment.objects.get().time == dt.time(19)


def test_booking_needs_a_patient_or_a_caller(clerk: CalendarClient, dora: Doctor) -> None:
    required = "This field is required."
    assert clerk.post("book", doctor=dora.pk, **AT_TEN) == {
        "errors": [error("patient", "required", required)]
    }
    assert clerk.post("book", doctor=dora.pk, **AT_TEN, last_name="Meyer") == {
        "errors": [error("date_of_birth", "required", required)]
    }
    assert clerk.post("book", patient=1) == {
        "errors": [error(name, "required", required) for name in ("doctor", "date", "time")]
    }


def test_appointment_moves_in_time_and_to_another_doctor(
    clerk: CalendarClient, dora: Doctor, emil: Doctor, ann: Patient
) -> None:
    appointment = book_as_patient(ann, dora)
    url = f"{appointment.pk}/move"
    answer = clerk.post(url, **moving(appointment, time="11:00"))
    assert answer == {"appointment": appointment.pk}
    appointment.refresh_from_db()
    clerk.post(url, **moving(appointment, doctor=emil.pk, time="12:00"))
    moved = Appointment.objects.get()
    assert (moved.doctor, moved.time, moved.status) == (emil, dt.time(12), "pending")
    assert history_of(moved)[1:] == [
        ("pending", "2026-03-03 11:00", "Rita"),
        ("pending", "2026-03-03 12:00", "Rita"),
    ]


def test_move_is_rejected_if_somebody_else_moved_it_meanwhile(
    clerk: CalendarClient, dora: Doctor, ann: Patient
) -> None:
    appointment = book_as_patient(ann, dora)
    seen_by_both = moving(appointment, time="11:00")
    clerk.post(f"{appointment.pk}/move", **moving(appointment, time="15:00"))
    answer = clerk.post(f"{appointment.pk}/move", **seen_by_both)
    assert answer == {"errors": [error(None, "changed_meanwhile", CONCURRENT)]}
    assert Appointment.objects.get().time == dt.time(15)


def test_move_to_a_taken_time_or_an_unknown_appointment_is_rejected(
    clerk: CalendarClient, dora: Doctor, ann: Patient, ben: Patient
) -> None:
    appointment = book_as_patient(ann, dora)
    book_as_patient(ben, dora, time=TEN)
    assert clerk.post(f"{appointment.pk}/move", **moving(appointment, time="10:00")) == {
        "errors": [error("time", "slot_taken", TAKEN)],
        "free": free("10:30", "11:00", "11:30"),
    }
    missing = "Not found, or you don't have access to it."
    assert clerk.post("999999/move", **moving(appointment)) == {
        "errors": [error(None, "not_found", missing)]
    }


def test_status_is_confirmed_arrived_and_completed(
    clerk: CalendarClient, dora: Doctor, ann: Patient, clock: Traveller
) -> None:
    appointment = book_as_patient(ann, dora)
    done = {"appointment": appointment.pk}
    assert clerk.post(f"{appointment.pk}/confirm") == done
    not_today = "This is possible only on the day of the appointment."
    assert clerk.post(f"{appointment.pk}/record_arrival") == {
        "errors": [error(None, "invalid_transition", not_today)]
    }
    clock.shift(dt.timedelta(days=1, hours=1, minutes=5))
    clerk = CalendarClient(User.objects.get(first_name="Rita"))
    assert clerk.post(f"{appointment.pk}/record_arrival") == done
    assert clerk.post(f"{appointment.pk}/complete") == done
    saved = Appointment.objects.get()
    assert (saved.status, saved.arrived_at is not None) == ("completed", True)
    assert [row[:4] for row in recorded_accesses()] == [("Rita", "change", "admin", "Ann")] * 3


def test_no_show_and_cancellation_with_a_reason(
    clerk: CalendarClient, dora: Doctor, ann: Patient, ben: Patient, clock: Traveller
) -> None:
    missed, cancelled = book_as_patient(ann, dora), book_as_patient(ben, dora, time=TEN)
    confirm(dora.user, missed)
    clerk.post(f"{cancelled.pk}/cancel", reason="Called in sick")
    cancelled.refresh_from_db()
    assert (cancelled.status, cancelled.cancellation_reason) == ("cancelled", "Called in sick")
    clock.shift(dt.timedelta(days=1, hours=1, minutes=5))
    clerk = CalendarClient(User.objects.get(first_name="Rita"))
    assert clerk.post(f"{missed.pk}/record_no_show") == {"appointment": missed.pk}
    missed.refresh_from_db()
    assert missed.status == "no_show"
    assert clerk.client.post(f"{CALENDAR}{missed.pk}/reopen/").status_code == 404


def test_actions_need_the_token_of_the_page(clerk: CalendarClient, dora: Doctor) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = clerk.client.cookies
    for name in ("book/", "1/move/", "1/cancel/"):
        assert client.post(CALENDAR + name).status_code == 403
    assert clerk.client.get(f"{CALENDAR}book/").status_code == 405
    assert clerk.client.post(f"{CALENDAR}feed/").status_code == 405


def test_doctor_who_is_staff_acts_as_doctor(
    doctor_client: CalendarClient, dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    own, other = book_as_patient(ann, dora), book_as_patient(ben, emil, time=NINE)
    assert doctor_client.post(f"{own.pk}/confirm") == {"appointment": own.pk}
    missing = error(None, "not_found", "Not found, or you don't have access to it.")
    assert doctor_client.post(f"{other.pk}/confirm") == {"errors": [missing]}
    assert doctor_client.post(f"{other.pk}/move", **moving(other)) == {"errors": [missing]}
    role = error(None, "role_required", "You don't have permission to do this.")
    assert doctor_client.post(f"{own.pk}/move", **moving(own, doctor=emil.pk)) == {"errors": [role]}
    answer = doctor_client.post("book", doctor=dora.pk, **AT_TEN, **CALLER)
    booked = Appointment.objects.get(pk=answer["appointment"])
    assert booked.patient.registering_doctor == dora
    unknown = {"doctor": dora.pk, "patient": ben.pk, "date": "2026-03-03", "time": "11:00"}
    assert doctor_client.post("book", **unknown)["errors"][0]["code"] in {"not_found", "invalid"}
