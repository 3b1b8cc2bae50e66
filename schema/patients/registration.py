"""Mutation that registers a patient, and who can send it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import strawberry
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from strawberry import relay

from clinic import models
from clinic.booking.access import find_doctor
from clinic.errors import (
    BookingErrorCode,
    KnownPerson,
    PossibleDuplicate,
    booking_error,
)
from clinic.people.registration import register_patient
from schema.core.context import Info
from schema.core.global_ids import optional_pk
from schema.core.mutations import mutation
from schema.core.permissions import require_user
from schema.patients.inputs import RegisterPatientInput
from schema.patients.types import Patient
from users.common import rate_limits
from users.common.rate_limits import Throttle
from users.models import User
from users.staff import can_act_as_staff

NAMED_COORDINATES = ("Patient.dateOfBirth", "Patient.id", "Person.firstName", "Person.lastName")


class Registrar(NamedTuple):
    """Who registers a patient, whether as staff, and for which doctor."""

    actor: User
    as_staff: bool
    doctor: models.Doctor | None

    def consume_rate_limit(self) -> None:
        """Count a registration by a doctor or an assistant. Raises RateLimitExceeded."""
        if not self.as_staff and self.doctor is not None:
            throttle = Throttle.REGISTERED_PATIENTS_PER_DOCTOR
            rate_limits.consume(throttle, str(self.doctor.pk))


def require_registrar(info: Info, doctor_id: relay.GlobalID | None) -> Registrar:
    """Return who registers: staff with ``clinic.add_patient``, a doctor, or an assistant.

    Raises ``RoleRequired``, ``profile_required``, ``required`` on ``doctor_id`` for an assistant
    of several doctors, or ``not_found`` on ``doctor_id``.
    """
    user, pk = require_user(info), optional_pk(doctor_id, of=models.Doctor)
    as_staff = can_act_as_staff(user, "clinic.add_patient")
    # Staff can register a patient for no doctor.
    doctor = None if as_staff and pk is None else find_doctor(user, pk, as_staff=as_staff)
    return Registrar(user, as_staff, doctor)


@strawberry.type
class RegistrationMutation:
    @mutation(
        result=Patient,
        description="Register a person without an account as a patient. For staff with the "
        "permission, who are answered `possible_duplicate` if the clinic may know the person "
        "already; and for doctors and their assistants, who can read the record from then on. For "
        "these it fails with RATE_LIMITED after 100 registrations for a doctor in a day.",
    )
    def register_patient(self, info: Info, input: RegisterPatientInput) -> models.Patient:
        registrar = require_registrar(info, input.doctor_id)
        registrar.consume_rate_limit()
        with name_duplicates(info):
            patient = register_patient(
                **registrar._asdict(),
                person=input.person(),
                now=info.context.now,
                register_anyway=bool(input.register_anyway),
            )
        # The caller has entered everything in it.
        patient.record_readable = True
        return patient


@contextmanager
def name_duplicates(info: Info) -> Iterator[None]:
    """Name the likely duplicates in the error, for staff who can read patients' records."""
    try:
        yield
    except PossibleDuplicate as error:
        if not can_act_as_staff(info.context.user, "clinic.view_patient"):
            raise
        for person in error.people:
            if person.patient_id is not None:
                info.context.access_tracker.record_named(person.patient_id, *NAMED_COORDINATES)
        raise booking_error(
            BookingErrorCode.POSSIBLE_DUPLICATE, message=_duplicates_message(error.people)
        ) from error


def _duplicates_message(people: list[KnownPerson]) -> str:
    message = ngettext(
        "The clinic may know this person already: {people}. Register them only if it is somebody "
        "else.",
        "The clinic may know this person already as one of these: {people}. Register them only if "
        "it is somebody else.",
        len(people),
    )
    return message.format(people="; ".join(map(_describe, people)))


def _describe(person: KnownPerson) -> str:
    if person.patient_id is None:
        text = _("{name}, without a patient profile ({id})")
        return text.format(name=person.name, id=relay.to_base64("Person", person.user_id))
    return _("{name}, born {date} ({id})").format(
        name=person.name,
        date=person.date_of_birth,
        id=relay.to_base64("Patient", person.patient_id),
    )
