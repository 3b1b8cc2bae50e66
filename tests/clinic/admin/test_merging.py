"""The admin's page that merges two patients: it shows what moves, and asks twice."""

import datetime as dt

import pytest
from django.contrib.admin.models import LogEntry

from clinic import clock
from clinic.models import Doctor, Patient
from clinic.people.registration import NewPatient, register_patient
from tests.support.access_records import recorded_accesses
from tests.support.admin_client import AdminClient, AdminResponse, staff_with_permissions
from tests.support.booking import TEN, TUESDAY, book_as_patient, book_as_staff
from tests.support.fixtures.people import make_user
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(sam: User) -> Patient:
    """A second record of Ann, whom reception registered without an account."""
    person = NewPatient(first_name="Anna", last_name="Example", date_of_birth=dt.date(1990, 5, 17))
    return register_patient(
        actor=sam, person=person, now=clock.now(), as_staff=True, register_anyway=True
    )


def page_of(kept: Patient, other: Patient | None = None) -> str:
    return f"clinic/patient/{kept.pk}/merge/" + (f"?other={other.pk}" if other else "")


def text_of(admin: AdminClient, page: str) -> str:
    text: str = admin.open(page).content.decode()
    return text


def test_merge_page_shows_what_moves_and_changes_nothing(
    admin: AdminClient, sam: User, ann: Patient, anna: Patient, dora: Doctor
) -> None:
    appointment = book_as_staff(sam, dora, anna, TUESDAY, TEN)
    text = text_of(admin, page_of(ann, anna))
    assert f"<li>1 appointment<ul><li>{appointment} (Confirmed)</li></ul></li>" in text
    assert "Nobody can undo this." in text
    assert "type the name of the patient whose record ends: Anna Example" in text
    assert Patient.objects.filter(pk=anna.pk).exists()
    assert {access[3] for access in recorded_accesses()} == {"Ann", "Anna"}


def test_merge_page_merges_once_the_name_is_typed(
    admin: AdminClient, sam: User, ann: Patient, anna: Patient, dora: Doctor
) -> None:
    appointment = book_as_staff(sam, dora, anna, TUESDAY, TEN)
    wrong = admin.client.post(f"/admin/{page_of(ann, anna)}", {"name": "Ann Example"})
    assert wrong.context["confirmation"].errors == {
        "name": ["This is not the name. Nothing was merged."]
    }
    assert Patient.objects.filter(pk=anna.pk).exists()
    response = admin.submit(page_of(ann, anna), {"name": " anna EXAMPLE"})
    assert response == AdminResponse(["The records were merged into that of Ann Example."], {})
    appointment.refresh_from_db()
    assert appointment.patient == ann
    assert not Patient.objects.filter(pk=anna.pk).exists()
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == (
        str(ann.pk),
        f"Merged the record of patient {anna.pk} into this one.",
    )


def test_merge_page_names_the_problems_instead_of_a_question(
    admin: AdminClient, ann: Patient, ben: Patient
) -> None:
    text = text_of(admin, page_of(ann, ben))
    assert "Both people can sign in. Records of two accounts cannot be merged." in text
    assert "Merge permanently" not in text
    admin.client.post(f"/admin/{page_of(ann, ben)}", {"name": "Ben Example"})
    assert Patient.objects.filter(pk__in=(ann.pk, ben.pk)).count() == 2


def test_merge_page_shows_a_problem_that_arises_after_it_was_opened(
    admin: AdminClient, sam: User, ann: Patient, anna: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_staff(sam, dora, anna, TUESDAY, TEN)
    book_as_patient(ann, emil, TUESDAY, TEN)
    response = admin.client.post(f"/admin/{page_of(ann, anna)}", {"name": "Anna Example"})
    assert "Both have appointments at the same time" in response.content.decode()
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize("other", ["", "0", "x", "999999", "9" * 30, "%00"])
def test_merge_page_reports_an_unknown_patient(
    admin: AdminClient, ann: Patient, other: str
) -> None:
    response = admin.client.get(f"/admin/clinic/patient/{ann.pk}/merge/?other={other}")
    assert response.status_code == (400 if other == "%00" else 200)
    assert admin.client.get("/admin/clinic/patient/999999/merge/").status_code == 404


def test_merge_page_needs_the_permission(db: None, ann: Patient, anna: Patient) -> None:
    permissions = ["view_patient", "change_patient"]
    clerk = AdminClient(staff_with_permissions(make_user("Cleo"), *permissions))
    assert clerk.client.get(f"/admin/{page_of(ann, anna)}").status_code == 403
    assert "merge/" not in text_of(clerk, f"clinic/patient/{ann.pk}/change/")
    manager = staff_with_permissions(make_user("Mara"), *permissions, "merge_patients")
    assert "merge/" in text_of(AdminClient(manager), f"clinic/patient/{ann.pk}/change/")


def test_merge_action_opens_the_page_of_the_person_who_can_sign_in(
    admin: AdminClient, ann: Patient, anna: Patient, ben: Patient
) -> None:
    def chosen(*patients: Patient) -> str:
        selected = [patient.pk for patient in patients]
        data = {"action": "merge_selected", "_selected_action": selected}
        response = admin.client.post("/admin/clinic/patient/", data)
        return str(response["Location"])

    assert chosen(anna, ann) == f"/admin/{page_of(ann, anna)}"
    response = admin.run_action("clinic/patient/", "merge_selected", ann, anna, ben)
    assert response.messages == ["Select two patients."]


def test_access_records_name_the_kept_patient_for_a_merged_one(
    admin: AdminClient, ann: Patient, anna: Patient
) -> None:
    admin.submit(page_of(ann, anna), {"name": "Anna Example"})
    records = admin.open("clinic/accessrecord/").context["cl"].result_list
    assert {name for record in records for name in record.patient_names} == {"Ann Example"}
    found = admin.client.get("/admin/clinic/accessrecord/", {"q": "Ann Example"})
    operations = {record.operation for record in found.context["cl"].result_list}
    assert "merge_patients" in operations
