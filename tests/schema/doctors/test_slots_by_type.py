"""Slots of appointment types: who sees those of a type that patients cannot book."""

import datetime as dt
from typing import Any

import pytest
from pytest_django import Settings

from clinic.booking.catalogue import set_appointment_types
from clinic.models import Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import NINE, TUESDAY, book_as_doctor, book_as_patient
from tests.support.fixtures.people import make_user, offer_type
from tests.support.global_ids import id_of
from tests.support.graphql_responses import root_value
from users.models import User

pytestmark = pytest.mark.django_db

NEXT = """query Next($specialty: String, $type: ID) {
  nextAvailable(specialty: $specialty, appointmentTypeId: $type) {
    doctor { id } slot { date time durationMinutes }
  }
}"""


def earliest(api: Api, user: User, **sent: str) -> Any:
    return root_value(api(NEXT, sent, user=user))


def slot_of(doctor: Doctor, date: str, time: str, duration_minutes: int) -> dict[str, object]:
    """Return the entry of ``nextAvailable`` for the doctor."""
    slot = {"date": date, "time": time, "durationMinutes": duration_minutes}
    return {"doctor": {"id": id_of(doctor)}, "slot": slot}


def times_on_tuesday(
    api: Api, user: User, doctor: Doctor, type_id: str, **more: str
) -> list[dict[str, str]]:
    """Return the doctor's slots of the type on Tuesday, of which there are at most sixteen."""
    document = """query Slots($doctor: ID!, $type: ID!, $moving: ID) { doctor(id: $doctor) {
      availableSlots(start: "2026-03-03", days: 1, appointmentTypeId: $type, moving: $moving) {
        time
      }
    } }"""
    sent = {"doctor": id_of(doctor), "type": type_id, **more}
    slots: list[dict[str, str]] = root_value(api(document, sent, user=user))["availableSlots"]
    return slots


def test_slots_of_a_type_for_staff_are_shown_to_its_doctor_and_staff(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor, sam: User
) -> None:
    meeting = id_of(offer_type(dora, "Meeting", bookable_by="staff"))
    counts = [
        len(times_on_tuesday(api, user, doctor, meeting))
        for user, doctor in (
            (ann.user, dora), (emil.user, dora), (dora.user, dora), (sam, dora), (sam, emil)
        )
    ]  # fmt: skip
    assert counts == [0, 0, 16, 16, 0]


def test_next_available_finds_a_type_for_staff_for_its_doctor_and_staff(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor, sam: User
) -> None:
    meeting = offer_type(dora, "Meeting", 45, bookable_by="staff")
    set_appointment_types(emil, [meeting.pk])
    of_dora, of_emil = (slot_of(doctor, "2026-03-02", "09:00:00", 45) for doctor in (dora, emil))
    answers = [
        earliest(api, user, type=id_of(meeting)) for user in (ann.user, dora.user, emil.user, sam)
    ]
    assert answers == [[], [of_dora], [of_emil], [of_dora, of_emil]]


def test_slots_without_a_type_of_a_doctor_with_types_for_staff_only_can_be_booked(
    api: Api, ann: Patient, dora: Doctor, sam: User
) -> None:
    book_as_patient(ann, dora, TUESDAY, NINE)
    offer_type(dora, "Meeting", 45, bookable_by="staff", buffer_after_minutes=30)
    document = """query Slots($doctor: ID!) { doctor(id: $doctor) {
      availableSlots(start: "2026-03-03", days: 1) { time durationMinutes } } }"""
    shown = [
        root_value(api(document, {"doctor": id_of(dora)}, user=user))["availableSlots"]
        for user in (ann.user, dora.user, sam)
    ]
    earliest_slots = [earliest(api, user) for user in (ann.user, dora.user, sam)]
    of_dora = slot_of(dora, "2026-03-02", "09:00:00", 30)
    assert (len(shown[1]), shown[0], shown[2]) == (15, [], shown[1])
    assert earliest_slots == [[], [of_dora], [of_dora]]
    first = shown[1][0]
    assert first == {"time": "09:30:00", "durationMinutes": 30}
    booked = book_as_doctor(dora, ann, TUESDAY, dt.time.fromisoformat(first["time"]))
    assert (booked.duration_minutes, booked.appointment_type) == (30, None)


def test_staff_and_the_doctor_search_without_the_limits_of_patients(
    api: Api, ann: Patient, dora: Doctor, sam: User, settings: Settings
) -> None:
    settings.HORIZON_DAYS = 10
    limited = offer_type(dora, lead_time_minutes=3 * 24 * 60, max_per_day=1)
    book_as_patient(ann, dora, dt.date(2026, 3, 6))
    document = """query Slots($doctor: ID!, $type: ID!) { doctor(id: $doctor) {
      availableSlots(start: "2026-03-05", days: 9, appointmentTypeId: $type) { date }
    } }"""
    sent = {"doctor": id_of(dora), "type": id_of(limited)}
    dates = [
        sorted({
            slot["date"]
            for slot in root_value(api(document, sent, user=user))["availableSlots"]
        })
        for user in (ann.user, dora.user, sam)
    ]  # fmt: skip
    # Friday, 6 March, is full for patients, and their horizon ends on 12 March.
    for_patients = [f"2026-03-{day:02}" for day in (5, 9, 10, 11, 12)]
    for_staff = [f"2026-03-{day:02}" for day in (5, 6, 9, 10, 11, 12, 13)]
    assert dates == [for_patients, for_staff, for_staff]
    assert [
        earliest(api, user, type=id_of(limited)) for user in (ann.user, dora.user, sam)
    ] == [
        [slot_of(dora, "2026-03-05", "09:00:00", 30)],
        [slot_of(dora, "2026-03-02", "09:00:00", 30)],
        [slot_of(dora, "2026-03-02", "09:00:00", 30)],
    ]  # fmt: skip


def test_own_appointments_of_staff_do_not_hide_slots_for_others(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    offered = id_of(offer_type(dora))
    book_as_patient(ann, emil, TUESDAY, NINE)
    first = {True: {"time": "09:00:00"}, False: {"time": "09:30:00"}}
    for is_staff in (False, True):
        User.objects.filter(pk=ann.user_id).update(is_staff=is_staff, is_superuser=is_staff)
        assert times_on_tuesday(api, ann.user, dora, offered)[0] == first[is_staff]


def test_slots_to_move_an_appointment_ignore_the_type_that_is_named(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    short, long = offer_type(dora, "Short", 30), offer_type(dora, "Long", 240)
    appointment = book_as_patient(ann, dora, TUESDAY, NINE, appointment_type_id=short.pk)
    moving = times_on_tuesday(api, ann.user, dora, id_of(long), moving=id_of(appointment))
    assert (len(moving), moving[0]) == (16, {"time": "09:00:00"})


def test_next_available_without_arguments_finds_all_bookable_doctors(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    offer_type(emil, "Long", 60)
    of_dora = slot_of(dora, "2026-03-02", "09:00:00", 30)
    of_emil = slot_of(emil, "2026-03-02", "09:00:00", 60)
    assert earliest(api, ann.user) == [of_dora, of_emil]
    assert earliest(api, ann.user, specialty="dermatology") == [of_emil]


def test_next_available_combines_specialty_and_type(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    offered = offer_type(dora, "Long", 60)
    set_appointment_types(emil, [offered.pk])
    of_dora, of_emil = (slot_of(doctor, "2026-03-02", "09:00:00", 60) for doctor in (dora, emil))
    found = [
        earliest(api, ann.user, type=id_of(offered), **more)
        for more in ({}, {"specialty": "Dermatology"}, {"specialty": "Surgery"})
    ]
    assert found == [[of_dora, of_emil], [of_emil], []]


def test_slots_of_a_type_need_no_profile(api: Api, dora: Doctor) -> None:
    offered = offer_type(dora)
    newcomer = make_user("Nina", is_patient=True)
    assert len(times_on_tuesday(api, newcomer, dora, id_of(offered))) == 16
