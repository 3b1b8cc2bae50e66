"""``Patient.guardians`` and ``Patient.accessLog``."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from clinic.models import Doctor, Patient
from tests.support.access_records import recorded_accesses
from tests.support.acting_people import book_for, make_dependant
from tests.support.api_client import Api
from tests.support.global_ids import id_of
from tests.support.graphql_responses import root_value
from users.models import User

pytestmark = pytest.mark.django_db


def test_guardians_are_hidden_from_doctor_without_access_to_the_record(
    api: Api, ann: Patient, kim: Patient, dora: Doctor
) -> None:
    appointment = book_for(kim, ann, dora)
    document = """query Read($id: ID!) { appointment(id: $id) {
        patient { guardians { relationship person { firstName email } } }
    } }"""
    shown = root_value(api(document, {"id": id_of(appointment)}, user=dora.user))
    assert shown == {
        "patient": {
            "guardians": [{"relationship": "PARENT", "person": {"firstName": "Ann", "email": None}}]
        }
    }
    appointment.status = "cancelled"
    appointment.save()
    before = len(recorded_accesses())
    hidden = root_value(api(document, {"id": id_of(appointment)}, user=dora.user))
    assert hidden == {"patient": {"guardians": []}}
    # The appointment was read, and no field of the record.
    assert recorded_accesses()[before:] == [("Dora", "read", "Read", "Kim", [])]


def test_guardians_are_loaded_in_one_query(
    api: Api, ann: Patient, kim: Patient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    document = "query { me { patients { guardians { person { firstName } } } } }"
    with CaptureQueriesContext(connection) as few:
        api(document, user=ann.user)
    for name in ("Lea", "Mia", "Nia"):
        make_dependant(ann.user, name)
    with django_assert_num_queries(len(few)):
        api(document, user=ann.user)


def test_access_log_of_dependant_names_guardian_and_doctor(
    api: Api, ann: Patient, kim: Patient, dora: Doctor
) -> None:
    book_for(kim, ann, dora)
    read = "query Read($id: ID!) { patient(id: $id) { address } }"
    for reader in (ann.user, dora.user):
        api(read, {"id": id_of(kim)}, user=reader)
    log = root_value(api("PatientAccessLog", {"id": id_of(kim)}, user=ann.user))["accessLog"]
    entries = [edge["node"] for edge in log["edges"]]
    assert [
        (node["actor"], node["onBehalfOf"], node["action"], node["fields"]) for node in entries
    ] == [
        ({"firstName": "Dora"}, None, "READ", ["Patient.address"]),
        ({"firstName": "Ann"}, {"firstName": "Kim"}, "READ", ["Patient.address"]),
    ]
    node = "query ($id: ID!) { node(id: $id) { id } }"
    for caller, found in ((ann.user, {"id": entries[0]["id"]}), (dora.user, None)):
        assert api(node, {"id": entries[0]["id"]}, user=caller) == {"data": {"node": found}}
    empty = root_value(api("PatientAccessLog", {"id": id_of(kim)}, user=dora.user))["accessLog"]
    assert (empty["totalCount"], empty["edges"]) == (0, [])


def test_access_log_of_patient_is_empty_for_staff(
    api: Api, ann: Patient, kim: Patient, sam: User
) -> None:
    api("PatientById", {"id": id_of(kim)}, user=sam)
    assert root_value(api("PatientAccessLog", {"id": id_of(kim)}, user=sam)) == {
        "id": id_of(kim),
        "accessLog": {
            "totalCount": 0,
            "pageInfo": {"hasNextPage": False, "endCursor": None},
            "edges": [],
        },
    }
