"""``setAssistants`` and what an assistant does for a doctor over the API."""

from typing import Any

import pytest

from clinic.assistants import replace_assistants
from clinic.errors import BookingErrorCode
from clinic.models import Appointment, Doctor, Patient
from tests.support.access_records import recorded_accesses
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_patient, write
from tests.support.fixtures.people import make_user
from tests.support.global_ids import id_of, node_id
from tests.support.graphql_responses import (
    error_code,
    operation_info,
    root_value,
    validation_info,
)
from users.common.rate_limits import Throttle
from users.models import User

pytestmark = pytest.mark.django_db

NOT_FOUND = "Not found, or you don't have access to it."
OWN_ACCOUNT = "Doctors cannot be their own assistants. Name another person."
ASSISTED = "query { me { isStaff assistedDoctors { user { firstName } } } }"
ASSISTANTS = "query ($id: ID!) { doctor(id: $id) { assistants { firstName email } } }"
PENDING = """query ($doctor: ID) {
    appointments(filters: { doctorId: $doctor }) { edges { node { id } } }
}"""
LAST_CHANGE = """query ($id: ID!) { appointment(id: $id) {
    status history { changedBy { firstName } onBehalfOf { firstName } }
} }"""


def set_assistants(api: Api, user: User, *emails: str) -> Any:
    return root_value(api("SetAssistants", {"input": {"emails": emails}}, user=user))


def names(answer: Any) -> list[str]:
    return [person["firstName"] for person in answer["assistants"]]


def assisted_by(api: Api, user: User) -> list[str]:
    me = root_value(api(ASSISTED, user=user))
    return [doctor["user"]["firstName"] for doctor in me["assistedDoctors"]]


@pytest.fixture
def tom(db: None) -> User:
    """A user without a role, who assists Dora and Emil in some tests."""
    return make_user("Tom")


@pytest.fixture
def assistant(tom: User, dora: Doctor, emil: Doctor) -> User:
    for doctor in (dora, emil):
        replace_assistants(doctor, [tom])
    tom.refresh_from_db()
    return tom


def test_set_assistants_replaces_the_list(api: Api, dora: Doctor, olga: User, tom: User) -> None:
    assert names(set_assistants(api, dora.user, "olga@example.org")) == ["Olga"]
    both = set_assistants(api, dora.user, "tom@example.org", "OLGA@example.org", "tom@example.org")
    assert names(both) == ["Olga", "Tom"]
    assert names(set_assistants(api, dora.user, "tom@example.org")) == ["Tom"]
    assert (assisted_by(api, olga), assisted_by(api, tom)) == ([], ["Dora"])
    olga.refresh_from_db()
    assert not olga.acts_for_doctors
    assert names(set_assistants(api, dora.user)) == []


def test_set_assistants_rejects_addresses_that_nobody_can_sign_in_with(
    api: Api, dora: Doctor, olga: User, tom: User
) -> None:
    """Unknown, unverified, inactive and malformed addresses are answered alike."""
    write(tom, email_verified_at=None)
    inactive = make_user("Ida")
    write(inactive, is_active=False)
    emails = ("olga@example.org", "x@example.org", "tom@example.org", "ida@example.org", "", "x")
    assert set_assistants(api, dora.user, *emails) == validation_info(
        *((f"emails.{index}", "not_found", NOT_FOUND) for index in range(1, 6))
    )
    assert not dora.assistants.exists()


def test_set_assistants_rejects_own_account(api: Api, dora: Doctor) -> None:
    assert set_assistants(api, dora.user, "dora@example.org") == operation_info(
        BookingErrorCode.INVALID, "emails.0", OWN_ACCOUNT
    )


def test_set_assistants_rejects_more_than_50(api: Api, dora: Doctor) -> None:
    rejected = set_assistants(api, dora.user, *["olga@example.org"] * 51)
    assert rejected == operation_info(
        BookingErrorCode.INVALID, "emails", "A doctor can have at most 50 assistants."
    )


def test_set_assistants_requires_approval(api: Api, dora: Doctor, olga: User) -> None:
    """Anybody can register as a doctor, and would learn who has an account."""
    write(dora, approved=False)
    answers = [
        set_assistants(api, dora.user, email) for email in ("olga@example.org", "x@example.org")
    ]
    message = "The clinic must approve your profile before you can name assistants."
    assert answers == [operation_info(BookingErrorCode.INVALID, message=message)] * 2


@pytest.mark.parametrize("name", ["assistant", "ann", "sam"])
def test_set_assistants_requires_the_doctor(
    api: Api, request: pytest.FixtureRequest, name: str
) -> None:
    caller = request.getfixturevalue(name)
    user = caller.user if isinstance(caller, Patient) else caller
    assert set_assistants(api, user, "olga@example.org") == operation_info(
        BookingErrorCode.ROLE_REQUIRED
    )


def test_set_assistants_limits_new_addresses(api: Api, dora: Doctor, olga: User) -> None:
    set_assistants(api, dora.user, "olga@example.org")
    limit = int(Throttle.ASSISTANT_ADDRESSES_PER_DOCTOR.value.partition("/")[0])
    unknown = [f"x{number}@example.org" for number in range(limit - 1)]
    set_assistants(api, dora.user, *unknown[:50])
    set_assistants(api, dora.user, *unknown[50:])
    # Those who are in the list already do not count.
    assert names(set_assistants(api, dora.user, "olga@example.org")) == ["Olga"]
    more = api("SetAssistants", {"input": {"emails": ["y@example.org"]}}, user=dora.user)
    assert error_code(more) == "RATE_LIMITED"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("dora", [{"firstName": "Tom", "email": "tom@example.org"}]),
        ("sam", [{"firstName": "Tom", "email": "tom@example.org"}]),
        ("assistant", []),
        ("ann", []),
    ],
)
def test_assistants_are_visible_to_doctor_and_staff(
    api: Api,
    request: pytest.FixtureRequest,
    assistant: User,
    dora: Doctor,
    name: str,
    shown: list[dict[str, str]],
) -> None:
    caller = request.getfixturevalue(name)
    user = caller if isinstance(caller, User) else caller.user
    answer = root_value(api(ASSISTANTS, {"id": id_of(dora)}, user=user))
    assert answer == {"assistants": shown}


def test_assistant_of_two_doctors_runs_both_schedules(
    api: Api, assistant: User, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    appointments = [book_as_patient(ann, dora), book_as_patient(ann, emil, time=TEN)]
    assert assisted_by(api, assistant) == ["Dora", "Emil"]
    for doctor, appointment in zip((dora, emil), appointments, strict=True):
        listed = root_value(api(PENDING, {"doctor": id_of(doctor)}, user=assistant))
        assert [edge["node"]["id"] for edge in listed["edges"]] == [id_of(appointment)]
        api("ConfirmAppointment", {"input": {"id": id_of(appointment)}}, user=assistant)
        seen = root_value(api(LAST_CHANGE, {"id": id_of(appointment)}, user=assistant))
        assert (seen["status"], seen["history"][-1]) == (
            "CONFIRMED",
            {
                "changedBy": {"firstName": "Tom"},
                "onBehalfOf": {"firstName": doctor.user.first_name},
            },
        )


def test_assistant_of_two_doctors_must_name_one_to_change_a_schedule(
    api: Api, assistant: User, dora: Doctor
) -> None:
    hours: dict[str, object] = {"hours": []}
    without = root_value(api("SetWorkingHours", {"input": hours}, user=assistant))
    assert without == operation_info(BookingErrorCode.REQUIRED, "doctorId")
    sent = hours | {"doctorId": id_of(dora)}
    assert root_value(api("SetWorkingHours", {"input": sent}, user=assistant)) == {
        "__typename": "Doctor",
        "id": id_of(dora),
        "workingHours": [],
    }


def test_assistant_books_patient_of_the_doctor(
    api: Api, assistant: User, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    """Ann is Dora's patient, but not Emil's."""
    book_as_patient(ann, dora)
    sent = {"patientId": id_of(ann), "date": "2026-03-04", "time": "07:00"}
    answers = [
        root_value(
            api("CreateAppointment", {"input": sent | {"doctorId": id_of(doctor)}}, user=assistant)
        )
        for doctor in (dora, emil)
    ]
    assert (answers[0]["__typename"], answers[0]["status"]) == ("Appointment", "CONFIRMED")
    assert answers[1] == operation_info(BookingErrorCode.NOT_FOUND, "patientId")


def test_assistant_finds_slots_for_patient_with_the_doctor_only(
    api: Api, assistant: User, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora)
    sent = {"patientId": id_of(ann), "start": "2026-03-03", "days": 1}
    slots = [
        root_value(api("SlotsForPatient", sent | {"doctorId": id_of(doctor)}, user=assistant))
        for doctor in (dora, emil)
    ]
    assert [slot["time"] for slot in slots[0]["availableSlots"]][:2] == ["09:30:00", "10:00:00"]
    assert slots[1]["availableSlots"] == []


def test_assistant_of_another_doctor_is_answered_like_a_stranger(
    api: Api, tom: User, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    replace_assistants(emil, [tom])
    appointment = book_as_patient(ann, dora)
    for document, type_, row in (
        ("PatientById", "Patient", ann),
        ("AppointmentById", "Appointment", appointment),
        ("AppointmentAsNode", "Appointment", appointment),
    ):
        answers = [
            api(document, {"id": one}, user=tom) for one in (id_of(row), node_id(type_, 9**9))
        ]
        assert answers[0] == answers[1]
        assert list(answers[0]["data"].values()) == [None]
    for document in ("ConfirmAppointment", "CancelAppointment", "RecordArrival"):
        answers = [
            api(document, {"input": {"id": one}}, user=tom)
            for one in (id_of(appointment), node_id("Appointment", 9**9))
        ]
        assert answers[0] == answers[1]
        assert root_value(answers[0]) == operation_info(BookingErrorCode.NOT_FOUND, "id")
    sent = {"hours": [], "doctorId": id_of(dora)}
    assert root_value(api("SetWorkingHours", {"input": sent}, user=tom)) == operation_info(
        BookingErrorCode.NOT_FOUND, "doctorId"
    )
    assert Appointment.objects.get().status == "pending"
    assert recorded_accesses() == []


def test_removed_assistant_has_no_access_any_more(
    api: Api, assistant: User, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora)
    assert api("PatientById", {"id": id_of(ann)}, user=assistant)["data"]["patient"] is not None
    set_assistants(api, dora.user)
    assert api("PatientById", {"id": id_of(ann)}, user=assistant) == {"data": {"patient": None}}
    assert assisted_by(api, assistant) == ["Emil"]
    assistant.refresh_from_db()
    assert assistant.acts_for_doctors


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_doctor": False}])
def test_assistant_of_a_disabled_doctor_has_no_access(
    api: Api, assistant: User, ann: Patient, dora: Doctor, change: dict[str, bool]
) -> None:
    appointment = book_as_patient(ann, dora)
    write(dora.user, **change)
    assert api("PatientById", {"id": id_of(ann)}, user=assistant) == {"data": {"patient": None}}
    confirmed = api("ConfirmAppointment", {"input": {"id": id_of(appointment)}}, user=assistant)
    assert root_value(confirmed) == operation_info(BookingErrorCode.NOT_FOUND, "id")
    assert assisted_by(api, assistant) == ["Emil"]
