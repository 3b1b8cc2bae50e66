"""Guardians and assistants in the admin."""

import datetime as dt

import pytest

from clinic.guardians import add_guardian
from clinic.models import Doctor, Guardian, Patient, Relationship
from tests.support.access_records import recorded_accesses
from tests.support.acting_people import book_for, make_dependant
from tests.support.admin_client import AdminClient, AdminResponse, staff_with_permissions
from tests.support.booking import write
from tests.support.fixtures.people import make_user
from tests.support.staff import make_staff
from users.models import User

pytestmark = pytest.mark.django_db

LIST = "clinic/guardian/"
LAST = (
    "Nobody else can change the open appointments of this patient, who cannot sign in. Cancel the "
    "appointments first, or ask the clinic to add another guardian."
)
CANNOT_SIGN_IN = "This person cannot sign in with a verified email address. Choose another one."


def page_of(patient: Patient) -> str:
    return f"clinic/patient/{patient.pk}/change/"


def guardians_of(patient: Patient) -> list[tuple[str, str]]:
    rows = patient.guardians.order_by("pk").select_related("user")
    return [(row.user.first_name, row.relationship) for row in rows]


@pytest.fixture
def kim(ann: Patient) -> Patient:
    """Ann's child, who is of age and has no account."""
    return make_dependant(ann.user, born=dt.date(2008, 3, 2))


def test_patient_page_adds_guardian(admin: AdminClient, kim: Patient, olga: User) -> None:
    form = {"guardians__1__user": olga.pk, "guardians__1__relationship": "carer"}
    assert admin.save(page_of(kim), **form).errors == {}
    assert guardians_of(kim) == [("Ann", "parent"), ("Olga", "carer")]
    olga.refresh_from_db()
    assert olga.acts_for_patients
    assert ("Sam", "change", "admin", "Kim", ["Patient.guardian"]) in recorded_accesses()


def test_reception_finds_and_adds_guardian(kim: Patient, olga: User) -> None:
    search = "autocomplete/?app_label=clinic&model_name={}&field_name=user&term=olga"
    admin = AdminClient(make_staff("Rita", "Reception"))
    found = admin.open(search.format("guardian")).json()
    assert found["results"] == [{"id": str(olga.pk), "text": "Olga Example"}]
    form = {"guardians__1__user": olga.pk, "guardians__1__relationship": "carer"}
    assert admin.save(page_of(kim), **form).errors == {}
    assert guardians_of(kim) == [("Ann", "parent"), ("Olga", "carer")]
    # Of accounts she sees no more than that.
    for model in ("assistant", "patient"):
        assert admin.client.get(f"/admin/{search.format(model)}").status_code == 403
    viewer = AdminClient(staff_with_permissions(make_user("Vera"), "view_guardian"))
    assert viewer.client.get(f"/admin/{search.format('guardian')}").status_code == 403


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ann", "This person acts for the patient already."),
        ("kim", "Patients act for themselves. Choose another person."),
        ("ida", CANNOT_SIGN_IN),
    ],
)
def test_patient_page_rejects_guardian(
    admin: AdminClient, ann: Patient, kim: Patient, name: str, message: str
) -> None:
    ida = make_user("Ida")
    write(ida, email_verified_at=None)
    user = {"ann": ann.user, "kim": kim.user, "ida": ida}[name]
    form = {"guardians__1__user": user.pk, "guardians__1__relationship": "carer"}
    assert admin.save(page_of(kim), **form).errors == {"guardians-1-user": [message]}
    assert guardians_of(kim) == [("Ann", "parent")]


def test_patient_page_removes_guardian(admin: AdminClient, ann: Patient, kim: Patient) -> None:
    assert admin.save(page_of(kim), guardians__0__DELETE="on").errors == {}
    assert guardians_of(kim) == []
    ann.user.refresh_from_db()
    assert not ann.user.acts_for_patients


def test_patient_page_keeps_last_guardian_while_appointments_are_open(
    admin: AdminClient, ann: Patient, kim: Patient, dora: Doctor
) -> None:
    book_for(kim, ann, dora)
    assert admin.save(page_of(kim), guardians__0__DELETE="on").errors == {"__all__": [LAST]}
    assert guardians_of(kim) == [("Ann", "parent")]


def test_list_shows_whose_right_is_to_be_ended(
    admin: AdminClient, ann: Patient, kim: Patient, olga: User
) -> None:
    add_guardian(kim, olga, Relationship.CARER)
    make_dependant(ann.user, "Lea")
    shown = admin.open(f"{LIST}?attention=of_age").context["cl"].result_list
    assert [(row.patient.user.first_name, row.user.first_name) for row in shown] == [("Kim", "Ann")]
    assert len(admin.open(LIST).context["cl"].result_list) == 3


def test_action_asks_before_it_ends_the_right(
    admin: AdminClient, ann: Patient, kim: Patient
) -> None:
    [guardian] = Guardian.objects.all()
    assert admin.run_action(LIST, "end", guardian) == AdminResponse([], {})
    assert guardians_of(kim) == [("Ann", "parent")]
    ended = admin.run_action(LIST, "end", guardian, confirmed="1")
    assert ended == AdminResponse(["1 right ended."], {})
    assert guardians_of(kim) == []
    [*_reads, change] = [entry for entry in recorded_accesses() if entry[1] == "change"]
    assert change == ("Sam", "change", "admin", "Ann Kim", ["Guardian.relationship"])


def test_action_names_rights_that_cannot_be_ended(
    admin: AdminClient, ann: Patient, kim: Patient, dora: Doctor
) -> None:
    book_for(kim, ann, dora)
    [guardian] = Guardian.objects.all()
    ended = admin.run_action(LIST, "end", guardian, confirmed="1")
    assert ended == AdminResponse([f"Kim Example, Ann Example (Parent): {LAST}"], {})


def test_action_requires_the_permission_to_delete_guardians(kim: Patient, olga: User) -> None:
    staff = AdminClient(staff_with_permissions(olga, "view_guardian"))
    [guardian] = Guardian.objects.all()
    staff.run_action(LIST, "end", guardian, confirmed="1")
    assert guardians_of(kim) == [("Ann", "parent")]


def test_doctor_page_adds_and_removes_assistants(
    admin: AdminClient, dora: Doctor, olga: User
) -> None:
    page = f"clinic/doctor/{dora.pk}/change/"
    assert admin.save(page, assistants__0__user=olga.pk).errors == {}
    assert [row.user for row in dora.assistants.all()] == [olga]
    assert admin.save(page, assistants__0__DELETE="on").errors == {}
    olga.refresh_from_db()
    assert (dora.assistants.count(), olga.acts_for_doctors) == (0, False)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dora", "Doctors cannot be their own assistants. Name another person."),
        ("ida", CANNOT_SIGN_IN),
    ],
)
def test_doctor_page_rejects_assistant(
    admin: AdminClient, dora: Doctor, name: str, message: str
) -> None:
    ida = make_user("Ida")
    write(ida, email_verified_at=None)
    user = {"dora": dora.user, "ida": ida}[name]
    saved = admin.save(f"clinic/doctor/{dora.pk}/change/", assistants__0__user=user.pk)
    assert saved.errors == {"assistants-0-user": [message]}
    assert not dora.assistants.exists()
