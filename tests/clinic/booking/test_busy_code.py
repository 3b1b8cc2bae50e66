"""Tests of busy_code: which party has an overlapping appointment."""

import datetime as dt

from clinic.booking.availability import busy_code
from clinic.errors import SlotUnavailableCode
from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import TUESDAY, book_as_patient


def test_busy_code_names_doctor_before_patient_and_ignores_moving(
    dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    booked = book_as_patient(ann, dora)

    def code(doctor: Doctor, patient: Patient, time: dt.time, moving: int | None = None) -> object:
        appointment = Appointment(
            doctor=doctor, patient=patient, date=TUESDAY, time=time, duration_minutes=15
        )
        return busy_code(appointment, moving=moving)

    overlapping, adjacent = dt.time(8, 50), dt.time(9, 30)
    assert [
        code(dora, ann, overlapping),
        code(dora, ben, overlapping),
        code(emil, ann, overlapping),
        code(emil, ben, overlapping),
        code(dora, ann, adjacent),
        code(dora, ann, overlapping, moving=booked.pk),
    ] == [
        SlotUnavailableCode.SLOT_TAKEN,
        SlotUnavailableCode.SLOT_TAKEN,
        SlotUnavailableCode.PATIENT_BUSY,
        None,
        None,
        None,
    ]
