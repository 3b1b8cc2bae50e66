"""Who can use the mutations of the day of an appointment, and what they show to staff."""

from typing import Any

import pytest

from clinic.errors import BookingErrorCode
from clinic.models import Appointment, AppointmentChange, Doctor, Patient
from tests.schema.appointments.day_mutations import (
    MUTATIONS,
    NOT_FOUND,
    WRONG_ROLE,
    change,
    parts,
)
from tests.support.access_records import recorded_accesses
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_patient, write
from tests.support.fixtures.people import become_patient, make_user
from tests.support.global_ids import id_of
from tests.support.graphql_responses import operation_info, root_value
from tests.support.permissions import grant
from users.models import User

pytestmark = pytest.mark.django_db

PERSON = "{ firstName email avatarUrl }"
AMEND = f"""mutation Amend($input: AmendAppointmentInput!) {{ amendAppointment(input: $input) {{
    ... on Appointment {{
        reasonForVisit cancellationReason appointmentType {{ name }}
        bookedBy {PERSON} history {{ changedBy {PERSON} }}
        doctor {{ phoneNumber approved timeOff {{ reason }} user {PERSON} }}
        patient {{ dateOfBirth address emergencyContactName emergencyContactPhone user {PERSON} }}
    }}
}} }}"""
MEDIA = "http://testserver/media/avatars"


def staff_with(*codenames: str) -> User:
    """Return a new member of staff with these permissions of the app ``clinic``."""
    return grant(make_user("Cleo", is_staff=True), *codenames)


def person(name: str, *, email: str | None = None, avatar: str | None = None) -> dict[str, Any]:
    return {"firstName": name, "email": email, "avatarUrl": avatar}


@pytest.fixture
def full(confirmed: Appointment) -> Appointment:
    """Ann's confirmed appointment; every field of her record has a value."""
    write(
        confirmed.patient,
        address="Elm Street 1",
        emergency_contact_name="Eve",
        emergency_contact_phone="+4930123457",
    )
    write(confirmed, reason_for_visit="A cough")
    write(confirmed.doctor.user, avatar="avatars/dora.webp")
    write(confirmed.patient.user, avatar="avatars/ann.webp")
    return confirmed


def amend(api: Api, staff: User, appointment: Appointment, minutes: int) -> Any:
    sent = {"id": id_of(appointment), "durationMinutes": minutes}
    return root_value(api(AMEND, {"input": sent}, user=staff))


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_day_mutations_are_for_doctor_and_staff(
    api: Api, confirmed: Appointment, emil: Doctor, olga: User, mutation: str
) -> None:
    without_permission = staff_with("view_appointment", "change_doctor")
    not_staff = make_user("Nora")
    grant(not_staff, "change_appointment")
    changes = AppointmentChange.objects.count()
    patient = confirmed.patient.user
    assert [
        change(api, user, confirmed, mutation)
        for user in (patient, olga, without_permission, not_staff, emil.user)
    ] == [WRONG_ROLE, WRONG_ROLE, WRONG_ROLE, WRONG_ROLE, NOT_FOUND]
    assert change(api, make_user("Dan", is_doctor=True), confirmed, mutation) == operation_info(
        BookingErrorCode.PROFILE_REQUIRED
    )
    assert AppointmentChange.objects.count() == changes


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_day_mutations_of_a_doctor_without_access_to_the_patient_are_not_found(
    api: Api, confirmed: Appointment, dora: Doctor, mutation: str
) -> None:
    write(dora, approved=False)
    assert change(api, dora.user, confirmed, mutation) == NOT_FOUND


def test_doctor_who_is_staff_can_change_every_appointment(
    api: Api, confirmed: Appointment, dora: Doctor, emil: Doctor
) -> None:
    patient = become_patient(emil)
    write(emil.user, is_staff=True)
    grant(emil.user, "change_appointment")
    assert change(api, emil.user, confirmed, "AmendAppointment") == parts(
        confirmed, durationMinutes=60
    )
    # An appointment as the patient, which patients cannot amend.
    own = book_as_patient(patient, dora, time=TEN)
    amended = change(api, emil.user, own, "AmendAppointment", durationMinutes=45)
    assert amended["durationMinutes"] == 45


def test_staff_without_access_to_records_see_only_the_name(api: Api, full: Appointment) -> None:
    staff = staff_with("change_appointment")
    dora = person("Dora", avatar=f"{MEDIA}/dora.webp")
    assert amend(api, staff, full, 60) == {
        "reasonForVisit": "",
        "cancellationReason": None,
        "appointmentType": None,
        "bookedBy": person("Ann"),
        "history": [
            {"changedBy": person("Ann")},
            {"changedBy": dora},
            {"changedBy": person("Cleo", email=staff.email)},
        ],
        "doctor": {"phoneNumber": "", "approved": False, "timeOff": [], "user": dora},
        "patient": {
            "dateOfBirth": None,
            "address": "",
            "emergencyContactName": "",
            "emergencyContactPhone": "",
            "user": person("Ann"),
        },
    }


def test_staff_with_access_to_records_see_the_record(api: Api, full: Appointment) -> None:
    staff = staff_with("change_appointment", "view_patient")
    answer = amend(api, staff, full, 60)
    ann = person("Ann", email="ann@example.org", avatar=f"{MEDIA}/ann.webp")
    assert (answer["reasonForVisit"], answer["bookedBy"], answer["patient"]) == (
        "A cough",
        ann,
        {
            "dateOfBirth": "1990-05-17",
            "address": "Elm Street 1",
            "emergencyContactName": "Eve",
            "emergencyContactPhone": "+4930123457",
            "user": ann,
        },
    )


def test_staff_without_access_to_records_see_public_pictures_of_doctors(
    api: Api, emil: Doctor, dora: Doctor
) -> None:
    appointment = book_as_patient(become_patient(emil), dora)
    write(emil.user, avatar="avatars/emil.webp")
    shown = amend(api, staff_with("change_appointment"), appointment, 60)
    write(emil, approved=False)
    hidden = amend(api, User.objects.get(first_name="Cleo"), appointment, 45)
    assert [answer["patient"]["user"] for answer in (shown, hidden)] == [
        person("Emil", avatar=f"{MEDIA}/emil.webp"),
        person("Emil"),
    ]


@pytest.mark.parametrize(
    ("codenames", "shown"),
    [([], []), (["view_patient"], ["Appointment.reasonForVisit", "Patient.address"])],
)
def test_change_by_staff_is_audited_with_the_fields_that_were_shown(
    api: Api, full: Appointment, codenames: list[str], shown: list[str]
) -> None:
    document = """mutation Amend($input: AmendAppointmentInput!) { amendAppointment(input: $input) {
        ... on Appointment { reasonForVisit appointmentType { name } patient { address } } } }"""
    sent = {"id": id_of(full), "durationMinutes": 60}
    root_value(api(document, {"input": sent}, user=staff_with("change_appointment", *codenames)))
    fields = [
        "AmendAppointmentInput.durationMinutes",
        "AmendAppointmentInput.id",
        "Appointment.appointmentType.name",
        "Mutation.amendAppointment",
    ]
    assert recorded_accesses() == [("Cleo", "change", "Amend", "Ann", sorted([*fields, *shown]))]


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_rejected_change_is_not_audited(
    api: Api, confirmed: Appointment, ann: Patient, mutation: str
) -> None:
    assert change(api, ann.user, confirmed, mutation) == WRONG_ROLE
    assert recorded_accesses() == []
