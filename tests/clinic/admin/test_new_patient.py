"""The admin's forms that register a patient: alone, and together with an appointment."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils.safestring import SafeString

from clinic.models import Appointment, Doctor, Patient, Status
from tests.support.access_records import recorded_accesses
from tests.support.admin_client import AdminClient, AdminResponse, staff_with_permissions
from tests.support.booking import NINE, TUESDAY, book_as_patient
from tests.support.fixtures.people import make_user
from users.models import User

pytestmark = pytest.mark.django_db

BOOK, ADD = "clinic/appointment/new-patient/", "clinic/patient/add/"
CALLER = {
    "first_name": "Hedwig",
    "last_name": "Meyer",
    "date_of_birth": "1950-01-31",
    "phone_number": "030 123459",
}
QUESTION = (
    "The clinic may know this person already. Look for them first, and register them only if it "
    "is somebody else."
)

TAKEN = (
    "The doctor has another appointment at this time. Choose another time. Next available times: "
    "Tue 2026-03-03 09:30, Tue 2026-03-03 10:00, Tue 2026-03-03 10:30."
)


def book(admin: AdminClient, doctor: Doctor, time: str = "10:00", **more: Any) -> AdminResponse:
    return admin.save(BOOK, doctor=doctor.pk, date="2026-03-03", time=time, **(CALLER | more))


def question_naming(*people: str) -> dict[str, list[str]]:
    return {"register_anyway": ["<br>".join([QUESTION, *people])]}


def link_to(patient: Patient, text: str) -> str:
    return f'<a href="/admin/clinic/patient/{patient.pk}/change/" target="_blank">{text}</a>'


def test_new_patient_form_registers_and_books(admin: AdminClient, dora: Doctor) -> None:
    response = book(
        admin, dora, gender="female", address="Elm Street 1", reason_for_visit="Check-up"
    )
    appointment = Appointment.objects.get()
    patient, user = appointment.patient, appointment.patient.user
    link = f'<a href="/admin/clinic/appointment/{appointment.pk}/change/">{appointment}</a>'
    assert response == AdminResponse([f"The appointment “{link}” was added successfully."], {})
    assert (user.first_name, user.last_name, user.gender) == ("Hedwig", "Meyer", "female")
    assert not user.email
    assert not user.can_sign_in
    assert (patient.date_of_birth, str(patient.phone_number), patient.address) == (
        *(dt.date(1950, 1, 31), "+4930123459", "Elm Street 1"),
    )
    assert (appointment.doctor, appointment.date, appointment.time, appointment.status) == (
        *(dora, TUESDAY, dt.time(10), Status.CONFIRMED),
    )
    logged = LogEntry.objects.order_by("content_type__model")
    assert list(logged.values_list("content_type__model", "object_id", "action_flag")) == [
        ("appointment", str(appointment.pk), 1),
        ("patient", str(patient.pk), 1),
    ]
    changes = [access[:4] for access in recorded_accesses() if access[1] == "change"]
    assert changes == [("Sam", "change", "admin", "Hedwig")] * 2


def test_new_patient_form_leaves_no_patient_if_the_booking_fails(
    admin: AdminClient, dora: Doctor, ann: Patient
) -> None:
    book_as_patient(ann, dora, TUESDAY, NINE)
    taken = book(admin, dora, time="09:00")
    assert taken.errors == {"time": [TAKEN]}
    asked = book(admin, dora, time="19:00")
    assert list(asked.errors) == ["time"]
    assert list(Patient.objects.all()) == [ann]
    assert User.objects.filter(first_name="Hedwig").count() == 0
    assert LogEntry.objects.count() == 0


def test_new_patient_form_reports_errors_at_their_fields(admin: AdminClient, dora: Doctor) -> None:
    response = book(
        admin,
        dora,
        first_name="123",
        phone_number="abc",
        email="nobody",
        date_of_birth="2027-01-01",
    )
    assert {name: len(errors) for name, errors in response.errors.items()} == {
        "first_name": 1,
        "date_of_birth": 1,
        "phone_number": 1,
        "email": 1,
    }
    assert (Patient.objects.count(), Appointment.objects.count()) == (0, 0)


def test_new_patient_form_shows_free_times(admin: AdminClient, dora: Doctor) -> None:
    data = admin.fill_in(BOOK, doctor=dora.pk, date="2026-03-03", **CALLER)
    shown = admin.submit(BOOK, {**data, "_free_times": "1"})
    assert shown.errors == {"free_time": ["Choose one of these times, then save."]}
    assert admin.submit(BOOK, {**data, "free_time": "10:30"}).errors == {}
    assert Appointment.objects.get().time == dt.time(10, 30)


def test_new_patient_form_asks_about_likely_duplicates(admin: AdminClient, dora: Doctor) -> None:
    book(admin, dora)
    known = Patient.objects.get()
    response = admin.client.post(
        f"/admin/{BOOK}",
        admin.fill_in(BOOK, doctor=dora.pk, date="2026-03-03", time="11:00", **CALLER),
    )
    form: Any = response.context["adminform"].form
    named = link_to(known, "Hedwig Meyer, born 1950-01-31")
    assert dict(form.errors) == question_naming(named)
    assert named in response.content.decode()
    assert not form.fields["register_anyway"].widget.is_hidden
    assert recorded_accesses()[-1] == (
        *("Sam", "read", "admin", "Hedwig"),
        ["Patient.date_of_birth", "Patient.name"],
    )
    # The answer counts for this person only.
    answered = {
        **admin.fill_in(BOOK, doctor=dora.pk, date="2026-03-03", time="11:00", **CALLER),
        "register_anyway": "on",
        "asked_about_person": form.data["asked_about_person"],
    }
    other = admin.submit(BOOK, {**answered, "first_name": "Hedwig Anna"})
    assert other.errors == question_naming(named)
    assert admin.submit(BOOK, answered).errors == {}
    assert Patient.objects.count() == Appointment.objects.count() == 2


def test_new_patient_form_names_nobody_to_staff_who_cannot_view_patients(
    db: None, dora: Doctor, ann: Patient
) -> None:
    clerk = staff_with_permissions(
        make_user("Cleo"), "add_patient", "add_appointment", "view_doctor", "view_appointment"
    )
    response = book(AdminClient(clerk), dora, email="ann@example.org")
    assert response.errors == {"register_anyway": [QUESTION]}
    assert isinstance(response.errors["register_anyway"][0], SafeString)


@pytest.mark.parametrize("permission", ["add_patient", "add_appointment"])
def test_new_patient_form_needs_both_permissions(db: None, permission: str) -> None:
    clerk = staff_with_permissions(make_user("Cleo"), permission, "view_appointment")
    client = AdminClient(clerk).client
    assert client.get(f"/admin/{BOOK}").status_code == 403
    listed = client.get("/admin/clinic/appointment/").content.decode()
    assert "new-patient" not in listed


def test_patient_form_registers_a_person_without_an_account(admin: AdminClient) -> None:
    response = admin.save(
        ADD, **CALLER, emergency_contact_name="Otto", emergency_contact_phone="030 123457"
    )
    patient = Patient.objects.get()
    link = f'<a href="/admin/clinic/patient/{patient.pk}/change/">Hedwig Meyer</a>'
    assert response == AdminResponse([f"The patient “{link}” was added successfully."], {})
    assert not patient.user.email
    assert str(patient.emergency_contact_phone) == "+4930123457"
    assert admin.save(ADD, **CALLER).errors == question_naming(
        link_to(patient, "Hedwig Meyer, born 1950-01-31")
    )
    assert Patient.objects.count() == 1


def test_patient_form_rejects_names_beside_an_account(admin: AdminClient) -> None:
    user = make_user("Nora", is_patient=True)
    assert admin.save(ADD, user=user.pk, **CALLER).errors == {
        "user": ["The account has names already. Leave these empty, or choose no account."]
    }


def test_patient_form_corrects_the_name_of_a_patient_and_not_of_a_colleague(
    admin: AdminClient, ann: Patient, dora: Doctor
) -> None:
    assert admin.save(f"clinic/patient/{ann.pk}/change/", first_name="Anne").errors == {}
    ann.user.refresh_from_db()
    assert ann.user.first_name == "Anne"
    dora.user.is_patient = True
    dora.user.save()
    patient = Patient.objects.create(user=dora.user, date_of_birth="1980-01-01")
    form = admin.open(f"clinic/patient/{patient.pk}/change/").context["adminform"].form
    assert "first_name" not in form.fields


def test_patient_form_shows_accounts_only_to_staff_who_can_view_them(db: None) -> None:
    clerk = staff_with_permissions(make_user("Cleo"), "add_patient", "view_patient")
    form = AdminClient(clerk).open(ADD).context["adminform"].form
    assert "user" not in form.fields


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Example Ann", ["Ann"]),
        ("1985-01-02", ["Ben"]),
        ("02.01.1985", ["Ben"]),
        ("ben 02/01/1985", ["Ben"]),
        ("ann 1985-01-02", []),
        ("030 123456", ["Ann"]),
        ("+49 (30) 123456 ann", ["Ann"]),
        ("ben 030123456", []),
        ("030 123457", []),
        ("ann@example.org", ["Ann"]),
    ],
)
def test_patient_list_searches_by_birth_date_and_telephone(
    admin: AdminClient, ann: Patient, ben: Patient, text: str, found: list[str]
) -> None:
    Patient.objects.filter(pk=ann.pk).update(phone_number="+4930123456")
    Patient.objects.filter(pk=ben.pk).update(date_of_birth="1985-01-02")
    page = admin.client.get("/admin/clinic/patient/", {"q": text})
    assert [patient.user.first_name for patient in page.context["cl"].result_list] == found
