"""The admin of the audit log."""

import datetime as dt

import pytest
from django.test import Client

from clinic.models import AccessRecord, Appointment, Doctor, Patient
from tests.support.access_records import recorded_accesses
from tests.support.admin_client import AdminClient
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_patient
from tests.support.global_ids import id_of
from tests.support.words import has_word
from users.models import User

ACCESS_RECORD_LIST = (
    *("action", "actor", "address", "at", "named_patients", "on_behalf_of", "operation"),
)


@pytest.fixture
def appointment(dora: Doctor, ann: Patient) -> Appointment:
    """Ann's appointment with Dora."""
    return book_as_patient(ann, dora)


def test_access_record_admin_is_searchable_and_read_only(
    sam: User, ann: Patient, appointment: Appointment
) -> None:
    admin = Client()
    admin.force_login(sam)
    assert admin.get(f"/admin/clinic/patient/{ann.pk}/change/").status_code == 200
    assert admin.get("/admin/clinic/appointment/").status_code == 200
    assert [row[:4] for row in recorded_accesses()] == [
        ("Sam", "read", "admin", "Ann"),
        ("Sam", "read", "admin", "Ann"),
    ]
    page = admin.get("/admin/clinic/accessrecord/", {"q": "ann@example.org"})
    assert (page.status_code, page.context["cl"].result_count) == (200, 2)
    row = AccessRecord.objects.earliest("pk")
    for path in ("add/", f"{row.pk}/delete/"):
        assert admin.post(f"/admin/clinic/accessrecord/{path}").status_code == 403
    assert admin.post(f"/admin/clinic/accessrecord/{row.pk}/change/").status_code == 403


def test_access_record_list_names_three_patients_and_the_page_names_all(
    api: Api, sam: User, dora: Doctor
) -> None:
    for hour, name in enumerate(["Dana", "Ada", "Eli", "Bea", "Cleo"], start=9):
        book_as_patient(make_patient(name), dora, time=dt.time(hour))
    api("{ patients { edges { node { address } } } }", user=dora.user)
    row, admin = AccessRecord.objects.get(), AdminClient(sam)
    shown = "Dana Example, Ada Example, Eli Example, and 2 more"
    assert shown in admin.open("clinic/accessrecord/").content.decode()
    all_names = "Ada Example, Bea Example, Cleo Example, Dana Example, Eli Example"
    page = admin.open(f"clinic/accessrecord/{row.pk}/change/").content.decode()
    assert all_names in page
    assert [row[3] for row in recorded_accesses()[1:]] == ["Dana Ada Eli", "Dana Ada Eli Bea Cleo"]


def test_access_record_history_names_no_patient(sam: User, ann: Patient) -> None:
    admin = AdminClient(sam)
    admin.open("clinic/patient/")
    row = AccessRecord.objects.get()
    page = admin.open(f"clinic/accessrecord/{row.pk}/history/").content.decode()
    assert not has_word(page, "Ann")
    assert len(recorded_accesses()) == 1


def test_access_record_search_warns_of_too_many_patients(sam: User, dora: Doctor) -> None:
    patients = [make_patient(f"Andy{number}") for number in range(51)]
    admin = AdminClient(sam)
    for patient in (patients[0], patients[-1]):
        admin.open(f"clinic/patient/{patient.pk}/change/")
    page = admin.open("clinic/accessrecord/?q=andy")
    assert [row.patients for row in page.context["cl"].result_list] == [[patients[0].pk]]
    assert [str(message) for message in page.context["messages"]] == [
        "More than 50 patients match. The list shows accesses to the first 50."
    ]


def test_access_record_list_records_the_named_patients(
    api: Api, sam: User, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    AdminClient(sam).open("clinic/accessrecord/")
    fields = [f"AccessRecord.{name}" for name in ACCESS_RECORD_LIST]
    assert recorded_accesses()[1:] == [("Sam", "read", "admin", "Ann", fields)]
