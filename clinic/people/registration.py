"""Registration of patients who have no account."""

import datetime as dt
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from clinic.errors import BookingErrorCode, PossibleDuplicate, booking_error
from clinic.models import Doctor, Patient
from clinic.models.service_lock import lock_service
from clinic.people.duplicates import Identity, find_known
from users import accounts, invitations
from users.common.transactions import atomic_with_retry
from users.models import Gender, User

REGISTRATION_LOCK = "register_patient"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPatient:
    """The person to register. A telephone number is in E.164 or in the national format."""

    first_name: str
    last_name: str
    date_of_birth: dt.date
    phone_number: str = ""
    email: str | None = None
    gender: Gender = Gender.UNDISCLOSED
    address: str = ""
    emergency_contact_name: str = ""
    emergency_contact_phone: str = ""


@atomic_with_retry
def register_patient(
    *,
    actor: User,
    person: NewPatient,
    now: dt.datetime,
    as_staff: bool,
    doctor: Doctor | None = None,
    register_anyway: bool = False,
) -> Patient:
    """Create a patient without email address and password, who cannot sign in.

    ``doctor`` is the one for whom the patient is registered, and who can read the record from
    then on. It is required unless ``as_staff``. With an email address the patient is invited. The
    address is stored when the invitation is accepted, so nobody learns whether it is taken.

    The caller records the change in the audit log. Raises ValidationError by field name,
    ``not_found`` on ``doctor_id`` if the doctor is not bookable, and PossibleDuplicate, but only
    to staff: doctors and assistants do not learn whom the clinic knows.
    """
    if not as_staff and (doctor is None or not doctor.is_bookable):
        raise booking_error(BookingErrorCode.NOT_FOUND, "doctor_id")
    user = accounts.new_patient_without_account(person.first_name, person.last_name, person.gender)
    patient = _new_patient(person)
    email = _validate(user, patient, person.email)
    # Otherwise two requests that register the same person would not see each other's row.
    lock_service(REGISTRATION_LOCK)
    if as_staff and not register_anyway:
        _require_unknown(user, patient, email)
    user.save()
    patient.user = user
    if doctor is not None:
        patient.registering_doctor, patient.registered_on = doctor, now.date()
    patient.save()
    if email:
        invitations.invite(user, email, invited_by=actor)
    return patient


def _new_patient(person: NewPatient) -> Patient:
    # Stripped like Django's forms, so that text of blanks counts as empty.
    return Patient(
        date_of_birth=person.date_of_birth,
        phone_number=person.phone_number.strip(),
        address=person.address.strip(),
        emergency_contact_name=person.emergency_contact_name,
        emergency_contact_phone=person.emergency_contact_phone.strip(),
    )


def _validate(user: User, patient: Patient, email: str | None) -> str | None:
    """Convert the values to their stored form; return the canonical email address.

    Raises ValidationError with the errors of all fields.
    """
    errors = {
        **user.field_errors({"password", "email"}, validate_constraints=False),
        **patient.field_errors({"user"}, validate_constraints=False),
    }
    try:
        address: str | None = User._meta.get_field("email").clean(email, None)  # noqa: SLF001 - Django documents _meta as public
    except ValidationError as error:
        errors["email"] = error.error_list
    if errors:
        raise ValidationError(errors)
    return address


def _require_unknown(user: User, patient: Patient, email: str | None) -> None:
    """Raise PossibleDuplicate if the clinic may know the person already."""
    identity = Identity(
        first_name=user.first_name,
        last_name=user.last_name,
        date_of_birth=patient.date_of_birth,
        phone_number=patient.phone_number,
        email=email,
    )
    if known := find_known(identity):
        raise PossibleDuplicate(known)
