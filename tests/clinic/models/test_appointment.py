"""Every write of an Appointment also writes its ticks."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clinic.models import Appointment, BusyTick, Doctor, Patient, Status
from tests.support.booking import (
    NINE,
    TEN,
    TUESDAY,
    assert_ticks_are_those_of_live_appointments,
    outcome_of,
    stored_ticks,
)
from tests.support.fixtures.people import make_doctor, make_patient


def new(doctor: Doctor, patient: Patient, time: dt.time = NINE, **more: Any) -> Appointment:
    fields = {"date": TUESDAY, "duration_minutes": 45, **more}
    return Appointment(doctor=doctor, patient=patient, time=time, **fields)


def create(doctor: Doctor, patient: Patient, time: dt.time = NINE, **more: Any) -> Appointment:
    appointment = new(doctor, patient, time, **more)
    return Appointment.objects.create(
        **{name: getattr(appointment, name) for name in ("doctor", "patient", "date", "time")},
        duration_minutes=appointment.duration_minutes,
        status=appointment.status,
    )


def test_create_writes_ticks_of_both_people(dora: Doctor, ann: Patient) -> None:
    appointment = create(dora, ann)
    assert stored_ticks() == sorted(
        (appointment.pk, person, tick)
        for person in (dora.user_id, ann.user_id)
        for tick in appointment.slot.ticks
    )


@pytest.mark.parametrize("minutes_later", [0, 5, 30, 40])
@pytest.mark.parametrize("shared", ["doctor", "patient"])
def test_create_over_taken_time_raises_integrity_error_and_writes_nothing(
    dora: Doctor, ann: Patient, shared: str, minutes_later: int
) -> None:
    create(dora, ann)
    doctor = dora if shared == "doctor" else make_doctor("Gerd")
    patient = ann if shared == "patient" else make_patient("Carl")
    with pytest.raises(IntegrityError), transaction.atomic():
        create(doctor, patient, dt.time(9, minutes_later))
    assert Appointment.objects.count() == 1
    assert_ticks_are_those_of_live_appointments()


@pytest.mark.parametrize("time", [dt.time(8, 15), dt.time(9, 45)])
def test_create_accepts_adjacent_appointments(dora: Doctor, ann: Patient, time: dt.time) -> None:
    create(dora, ann)
    create(dora, ann, time)
    assert_ticks_are_those_of_live_appointments()


def test_cancelled_appointment_has_no_ticks_and_reopening_can_conflict(
    dora: Doctor, ann: Patient, ben: Patient
) -> None:
    appointment = create(dora, ann, status=Status.CANCELLED)
    create(dora, ben)
    appointment.status = Status.PENDING
    with pytest.raises(IntegrityError), transaction.atomic():
        appointment.save()
    assert_ticks_are_those_of_live_appointments()


def test_completed_appointment_occupies_time(dora: Doctor, ann: Patient) -> None:
    create(dora, ann, status=Status.COMPLETED)
    assert BusyTick.objects.count() == 18


def test_save_moves_ticks_with_time_duration_and_person(
    dora: Doctor, ann: Patient, ben: Patient
) -> None:
    appointment = create(dora, ann)
    appointment.time, appointment.duration_minutes, appointment.patient = TEN, 5, ben
    appointment.save()
    assert stored_ticks() == sorted(
        (appointment.pk, person, TUESDAY.toordinal() * 288 + 120)
        for person in (dora.user_id, ben.user_id)
    )


def test_save_of_one_ticked_field_saves_all_ticked_fields(dora: Doctor, ann: Patient) -> None:
    appointment = create(dora, ann)
    appointment.time, appointment.duration_minutes = TEN, 5
    appointment.save(update_fields=["time"])
    stored = Appointment.objects.get()
    assert (stored.time, stored.duration_minutes) == (TEN, 5)
    assert_ticks_are_those_of_live_appointments()


def test_save_of_other_field_leaves_time_unchanged(dora: Doctor, ann: Patient) -> None:
    appointment = create(dora, ann)
    appointment.time, appointment.reason_for_visit = TEN, "A cough"
    appointment.save(update_fields=["reason_for_visit"])
    stored = Appointment.objects.get()
    assert (stored.time, stored.reason_for_visit) == (NINE, "A cough")
    assert_ticks_are_those_of_live_appointments()


def test_delete_frees_time(dora: Doctor, ann: Patient) -> None:
    create(dora, ann)
    Appointment.objects.all().delete()
    assert stored_ticks() == []


def assert_update_raises(**changes: Any) -> None:
    with pytest.raises(TypeError, match="ticks out of date"):
        Appointment.objects.update(**changes)


def test_bulk_writes_of_ticked_fields_raise_type_error(dora: Doctor, ann: Patient) -> None:
    appointment = create(dora, ann)
    with pytest.raises(TypeError, match="use create_many"):
        Appointment.objects.bulk_create([new(dora, ann, TEN)])
    for changes in (
        {"date": TUESDAY},
        {"time": TEN},
        {"duration_minutes": 5},
        {"status": Status.CANCELLED},
        {"doctor": dora},
        {"patient_id": ann.pk},
    ):
        assert_update_raises(**changes)
    appointment.time = TEN
    with pytest.raises(TypeError, match="ticks out of date"), transaction.atomic():
        Appointment.objects.bulk_update([appointment], ["time"])
    assert_ticks_are_those_of_live_appointments()


def test_update_of_other_fields_is_allowed(dora: Doctor, ann: Patient) -> None:
    create(dora, ann)
    assert Appointment.objects.update(reason_for_visit="A cough") == 1


def test_create_many_writes_ticks(dora: Doctor, ann: Patient, ben: Patient) -> None:
    written = Appointment.objects.create_many(
        [new(dora, ann), new(dora, ben, TEN), new(dora, ben, status=Status.CANCELLED)],
        batch_size=2,
    )
    assert (written, Appointment.objects.count(), BusyTick.objects.count()) == (3, 3, 36)
    assert_ticks_are_those_of_live_appointments()


def test_create_many_writes_all_or_none(dora: Doctor, ann: Patient, ben: Patient) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.create_many([new(dora, ann), new(dora, ben, dt.time(9, 30))])
    with pytest.raises(ValidationError):
        Appointment.objects.create_many([new(dora, ann), new(dora, ben, dt.time(11, 1))])
    assert (Appointment.objects.count(), stored_ticks()) == (0, [])


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"time": dt.time(9, 2)}, "time: off_grid"),
        ({"duration_minutes": 500}, "duration_minutes: invalid"),
        ({"status": "lost"}, "status: invalid_choice"),
        ({"date": dt.date(2026, 3, 29), "time": dt.time(2)}, "time: nonexistent_time"),
    ],
)
def test_save_validates(dora: Doctor, ann: Patient, changes: dict[str, Any], answer: str) -> None:
    def save() -> Appointment:
        appointment = new(dora, ann, **changes)
        appointment.save()
        return appointment

    assert outcome_of(save) == answer


def test_starts_at_and_ends_at_are_in_clinic_zone(dora: Doctor, ann: Patient) -> None:
    appointment = create(dora, ann)
    assert (
        appointment.starts_at.isoformat(),
        appointment.ends_at.isoformat(),
        str(appointment),
    ) == (
        "2026-03-03T09:00:00+01:00",
        "2026-03-03T09:45:00+01:00",
        "2026-03-03 09:00: Ann Example with Dora Example (Cardiology)",
    )
