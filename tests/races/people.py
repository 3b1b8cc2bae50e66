"""The people of a race, and the appointments that they booked before it."""

import datetime as dt
from typing import NamedTuple

from clinic.models import Appointment, Doctor, Patient
from tests.races import tasks
from tests.support.fixtures.people import make_doctor, make_patient, make_user
from users.models import User


class People(NamedTuple):
    """The users of a race: a patient for each client; the newcomer has no profile yet."""

    dora: Doctor
    emil: Doctor
    patients: list[Patient]
    staff: User
    newcomer: User

    @classmethod
    def create(cls, clients: int) -> "People":
        """Store ``clients`` patients and the other users in the database."""
        return cls(
            dora=make_doctor("Dora"),
            emil=make_doctor("Emil"),
            patients=[make_patient(f"Patient{n}") for n in range(clients)],
            staff=make_user("Sam", is_staff=True),
            newcomer=make_user("Nora", is_patient=True),
        )


def booked_appointment(
    doctor: Doctor, patient: Patient, time: dt.time, minutes: int = 30
) -> Appointment:
    """Store an appointment that the patient booked before the race."""
    appointment = Appointment.objects.create(
        doctor=doctor,
        patient=patient,
        date=tasks.TUESDAY,
        time=time,
        duration_minutes=minutes,
        booked_by=patient.user,
    )
    appointment.history.create(
        status=appointment.status,
        date=appointment.date,
        time=appointment.time,
        changed_at=tasks.NOW,
        changed_by=patient.user,
    )
    return appointment
