"""``me.accessLog``: who accessed the caller's own record."""

import pytest

from clinic.models import AccessRecord, Appointment, Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.global_ids import id_of

READ = "query Read($id: ID!) { patient(id: $id) { address } }"


@pytest.fixture
def appointment(dora: Doctor, ann: Patient) -> Appointment:
    return book_as_patient(ann, dora)


def test_access_log_shows_who_read_own_record(
    api: Api, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    api(READ, {"id": id_of(ann)}, user=dora.user)
    assert api("AccessLog", {"first": 5}, user=ann.user) == {
        "data": {
            "me": {
                "accessLog": {
                    "totalCount": 1,
                    "edges": [
                        {
                            "node": {
                                "at": "2026-03-02T08:00:00+01:00",
                                "action": "READ",
                                "fields": ["Patient.address"],
                                "actor": {"firstName": "Dora", "lastName": "Example"},
                            }
                        }
                    ],
                }
            }
        }
    }


def test_access_log_hides_accesses_to_others(
    api: Api, dora: Doctor, ann: Patient, ben: Patient, appointment: Appointment
) -> None:
    api(READ, {"id": id_of(ann)}, user=dora.user)
    [row] = AccessRecord.objects.all()
    for user in (ben.user, dora.user):
        log = api("AccessLog", user=user)["data"]["me"]["accessLog"]
        assert log == {"totalCount": 0, "edges": []}
        node = api("query ($id: ID!) { node(id: $id) { id } }", {"id": id_of(row)}, user=user)
        assert node == {"data": {"node": None}}
