"""Tests of busy_people: who has an overlapping appointment."""

import datetime as dt

from clinic.booking.availability import busy_people
from clinic.models import Doctor, Patient
from clinic.slots import Slot
from tests.support.booking import TUESDAY, book_as_patient


def test_busy_people_returns_users_with_overlapping_appointment_except_moving(
    dora: Doctor, ann: Patient, ben: Patient
) -> None:
    appointment = book_as_patient(ann, dora)
    people = [dora.user_id, ann.user_id, ben.user_id]
    touching, meeting = Slot(TUESDAY, dt.time(9, 30), 30), Slot(TUESDAY, dt.time(8, 50), 15)
    assert [
        busy_people(people, touching),
        busy_people(people, meeting),
        busy_people(people, meeting, moving=appointment.pk),
    ] == [set(), {dora.user_id, ann.user_id}, set()]
