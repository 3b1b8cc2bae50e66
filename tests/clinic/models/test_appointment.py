"""The model's own guard: whoever writes an appointment, its ticks go with it."""

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


def test_a_bare_create_takes_the_time_of_both(dora: Doctor, ann: Patient) -> None:
    appointment = create(dora, ann)
    assert stored_ticks() == sorted(
        (appointment.pk, person, tick)
        for person in (dora.user_id, ann.user_id)
        for tick in appointment.slot.ticks
    )


@pytest.mark.parametrize("minutes_later", [0, 5, 30, 40])
@pytest.mark.parametrize("shared", ["doctor", "patient"])
def test_a_bare_create_over_a_taken_time_conflicts_and_leaves_nothing(
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
def test_appointments_that_only_touch_do_not_conflict(
    dora: Doctor, ann: Patient, time: dt.time
) -> None:
    create(dora, ann)
    create(dora, ann, time)
    assert_ticks_are_those_of_live_appointments()


def test_a_cancelled_appointment_has_no_ticks_and_taking_it_up_again_may_conflict(
    dora: Doctor, ann: Patient, ben: Patient
) -> None:
    appointment = create(dora, ann, status=Status.CANCELLED)
    create(dora, ben)
    appointment.status = Status.PENDING
    with pytest.raises(IntegrityError), transaction.atomic():
        appointment.save()
    assert_ticks_are_those_of_live_appointments()


def test_a_completed_appointment_still_occupies_its_time(dora: Doctor, ann: Patient) -> None:
    create(dora, ann, status=Status.COMPLETED)
    assert BusyTick.objects.count() == 18


def test_another_time_length_or_person_moves_the_ticks(
    dora: Doctor, ann: Patient, ben: Patient
) -> None:
    appointment = create(dora, ann)
    appointment.time, appointment.duration_minutes, appointment.patient = TEN, 5, ben
    appointment.save()
    assert stored_ticks() == sorted(
        (appointment.pk, person, TUESDAY.toordinal() * 288 + 120)
        for person in (dora.user_id, ben.user_id)
    )


def test_saving_one_field_that_holds_time_saves_all_that_do(dora: Doctor, ann: Patient) -> None:
    appointment = create(dora, ann)
    appointment.time, appointment.duration_minutes = TEN, 5
    appointment.save(update_fields=["time"])
    stored = Appointment.objects.get()
    assert (stored.time, stored.duration_minutes) == (TEN, 5)
    assert_ticks_are_those_of_live_appointments()


def test_saving_another_field_leaves_the_time_alone(dora: Doctor, ann: Patient) -> None:
    appointment = create(dora, ann)
    appointment.time, appointment.reason_for_visit = TEN, "A cough"
    appointment.save(update_fields=["reason_for_visit"])
    stored = Appointment.objects.get()
    assert (stored.time, stored.reason_for_visit) == (NINE, "A cough")
    assert_ticks_are_those_of_live_appointments()


def test_deleting_a_appointment_frees_its_time(dora: Doctor, ann: Patient) -> None:
    create(dora, ann)
    Appointment.objects.all().delete()
    assert stored_ticks() == []


def refused_update(**changes: Any) -> None:
    with pytest.raises(TypeError, match="pass the ticks by"):
        Appointment.objects.update(**changes)


def test_bulk_writes_that_would_pass_the_ticks_by_are_refused(dora: Doctor, ann: Patient) -> None:
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
        refused_update(**changes)
    appointment.time = TEN
    with pytest.raises(TypeError, match="pass the ticks by"), transaction.atomic():
        Appointment.objects.bulk_update([appointment], ["time"])
    assert_ticks_are_those_of_live_appointments()


def test_update_of_what_holds_no_time_is_allowed(dora: Doctor, ann: Patient) -> None:
    create(dora, ann)
    assert Appointment.objects.update(reason_for_visit="A cough") == 1


def test_many_are_written_with_their_ticks(dora: Doctor, ann: Patient, ben: Patient) -> None:
    written = Appointment.objects.create_many(
        [new(dora, ann), new(dora, ben, TEN), new(dora, ben, status=Status.CANCELLED)],
        batch_size=2,
    )
    assert (written, Appointment.objects.count(), BusyTick.objects.count()) == (3, 3, 36)
    assert_ticks_are_those_of_live_appointments()


def test_of_many_all_or_none_are_written(dora: Doctor, ann: Patient, ben: Patient) -> None:
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
def test_a_bare_save_is_cleaned(
    dora: Doctor, ann: Patient, changes: dict[str, Any], answer: str
) -> None:
    def save() -> Appointment:
        appointment = new(dora, ann, **changes)
        appointment.save()
        return appointment

    assert outcome_of(save) == answer


def test_moments_are_the_clinics(dora: Doctor, ann: Patient) -> None:
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
