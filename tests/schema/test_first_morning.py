"""Story: the first day of a clinic, from no patients to a family with an assistant.

Reception registers a caller and books her. She is invited, signs in, adds her child and books for
him while she is busy herself. An assistant moves his appointment. The child's record names each
of them. Addresses must be verified, as in production.
"""

from typing import Any

import pytest
from pytest_django import Settings

from clinic.models import Doctor
from tests.support.api_client import Api, sign_in
from tests.support.email_links import send_emails, token_in
from tests.support.fixtures.people import NEW_PASSWORD, PASSWORD, make_doctor, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.global_ids import id_of
from tests.support.graphql_responses import root_value
from tests.support.staff import make_staff
from users.models import User

pytestmark = pytest.mark.django_db

CALLER = {
    "firstName": "Zoë",
    "lastName": "Caller",
    "dateOfBirth": "1990-05-17",
    "phoneNumber": "030 123456",
}
SON = {
    "firstName": "Kim",
    "lastName": "Caller",
    "dateOfBirth": "2018-06-01",
    "relationship": "PARENT",
}
AT_NINE = {"date": "2026-03-03", "time": "09:00"}
BOOK = """mutation Book($input: CreateAppointmentInput!) { createAppointment(input: $input) {
    ... on Appointment { id status startsAt patient { id } bookedBy { firstName } }
    ... on SlotUnavailable { code }
    ... on OperationInfo { messages { field code } }
} }"""
MINE = "{ appointments { edges { node { startsAt status patient { user { firstName } } } } } }"
RECORD = """query Record($id: ID!) { patient(id: $id) {
    user { firstName email }
    guardians { relationship person { firstName } }
    accessLog { edges { node { actor { firstName } onBehalfOf { firstName } action } } }
} }"""
HISTORY = """query History($id: ID!) { appointment(id: $id) { history {
    status date changedBy { firstName } onBehalfOf { firstName } } } }"""


class Person:
    """Somebody who is signed in and sends operations."""

    def __init__(self, api: Api, email: str, password: str = PASSWORD) -> None:
        self.api = api
        self.token = sign_in(api, email, password)["data"]["tokenAuth"]["token"]

    def sends(self, document: str, **variables: object) -> Any:
        return root_value(self.api(document, variables, token=self.token))


@pytest.fixture
def dora(db: None) -> Doctor:
    """The clinic's only doctor, so far without patients."""
    return make_doctor("Dora")


@pytest.fixture
def reception(api: Api, db: None) -> Person:
    make_staff("Rita", "Reception")
    return Person(api, "rita@example.org")


@pytest.fixture
def assistant(api: Api, dora: Doctor) -> Person:
    make_user("Ada")
    doctor = Person(api, "dora@example.org")
    named = doctor.sends("SetAssistants", input={"emails": ["ada@example.org"]})
    assert [person["firstName"] for person in named["assistants"]] == ["Ada"]
    return Person(api, "ada@example.org")


def accept_invitation(api: Api, server: MailServer, email: str) -> Person:
    """Choose a password by the emailed link, and sign in."""
    [(_subject, path)] = send_emails(server, email)
    reset = {"token": token_in(path), "newPassword": NEW_PASSWORD}
    assert root_value(api("ResetPassword", {"input": reset}))["__typename"] == "User"
    return Person(api, email, NEW_PASSWORD)


def history(*entries: tuple[str, str, str, str | None]) -> list[dict[str, Any]]:
    return [
        {
            "status": status,
            "date": date,
            "changedBy": {"firstName": actor},
            "onBehalfOf": represented and {"firstName": represented},
        }
        for status, date, actor, represented in entries
    ]


def test_caller_becomes_a_mother_who_books_for_her_son_and_an_assistant_moves_him(
    api: Api,
    dora: Doctor,
    reception: Person,
    assistant: Person,
    mail_server: MailServer,
    settings: Settings,
) -> None:
    settings.EMAIL_VERIFICATION_REQUIRED = True
    with_dora = {"doctorId": id_of(dora), **AT_NINE}

    # The telephone rings: reception registers the caller and books her.
    zoe = reception.sends("RegisterPatient", input=CALLER)
    assert (zoe["phoneNumber"], zoe["user"]["email"]) == ("+4930123456", None)
    known = reception.sends("RegisterPatient", input=CALLER | {"firstName": "zoe"})
    assert [message["code"] for message in known["messages"]] == ["possible_duplicate"]
    hers = reception.sends(BOOK, input=with_dora | {"patientId": zoe["id"]})
    assert (hers["status"], hers["bookedBy"]) == ("CONFIRMED", {"firstName": "Rita"})

    # She is invited, chooses a password and finds her appointment.
    invited = reception.sends(
        "InvitePatient", input={"patientId": zoe["id"], "email": "zoe@example.net"}
    )
    assert invited["__typename"] == "Patient"
    mother = accept_invitation(api, mail_server, "zoe@example.net")
    nine = "2026-03-03T09:00:00+01:00"
    own = {"startsAt": nine, "status": "CONFIRMED", "patient": {"user": {"firstName": "Zoë"}}}
    assert mother.sends(MINE) == {"edges": [{"node": own}]}

    # She adds her son, and books for him while she is busy herself: with another doctor.
    son = mother.sends("AddDependant", input=SON)
    emil = make_doctor("Emil")
    with_emil = {"doctorId": id_of(emil), **AT_NINE}
    assert mother.sends(BOOK, input=with_emil) == {"code": "PATIENT_BUSY"}
    his = mother.sends(BOOK, input=with_emil | {"patientId": son["id"]})
    assert (his["status"], his["patient"]) == ("PENDING", {"id": son["id"]})

    # Another assistant cannot see him. Ada, who assists Emil as well from now on, moves him.
    move = {"id": his["id"], "date": "2026-03-04", "time": "11:00"}
    refused = assistant.sends("RescheduleAppointment", input=move)
    assert [message["code"] for message in refused["messages"]] == ["not_found"]
    named = Person(api, "emil@example.org")
    named.sends("SetAssistants", input={"emails": ["ada@example.org"]})
    moved = assistant.sends("RescheduleAppointment", input=move)
    assert (moved["date"], moved["status"]) == ("2026-03-04", "PENDING")

    # The history and the child's record name each of them.
    assert mother.sends(HISTORY, id=his["id"])["history"] == history(
        ("PENDING", "2026-03-03", "Zoë", "Kim"), ("PENDING", "2026-03-04", "Ada", "Emil")
    )
    record = mother.sends(RECORD, id=son["id"])
    assert record["user"] == {"firstName": "Kim", "email": None}
    assert record["guardians"] == [{"relationship": "PARENT", "person": {"firstName": "Zoë"}}]
    accesses = [
        (node["actor"]["firstName"], node["action"], node["onBehalfOf"])
        for node in (edge["node"] for edge in record["accessLog"]["edges"])
    ]
    assert ("Ada", "CHANGE", {"firstName": "Emil"}) in accesses
    assert ("Zoë", "CHANGE", {"firstName": "Kim"}) in accesses
    assert {actor for actor, _action, _represented in accesses} == {"Ada", "Zoë"}
    assert User.objects.get(first_name="Kim").email is None
