"""Tests of Python's ``gql`` against a live server (``make test-clients``)."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from gql import Client, FileVar, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport
from graphql import GraphQLError

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "correct horse battery staple"
TUESDAY = "2026-03-03"

TOKEN_AUTH = """
  mutation TokenAuth($email: String!, $password: String!) {
    tokenAuth(email: $email, password: $password) { token }
  }
"""
DOCTORS = """
  query Doctors($search: String) {
    doctors(filters: { search: $search }, first: 10) { edges { node { id } } }
  }
"""
BOOK = """
  mutation Book($input: CreateAppointmentInput!) {
    createAppointment(input: $input) {
      __typename
      ... on Appointment { date time status }
      ... on SlotUnavailable { code nextAvailable { time } }
    }
  }
"""
UPLOAD_AVATAR = """
  mutation UploadAvatar($image: Upload!) {
    uploadAvatar(image: $image) { ... on OperationInfo { messages { field code } } }
  }
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The GraphQL endpoint of a server started as ``tests.clients.server`` describes."""
    python = os.environ.get("PYTHON", str(ROOT / ".venv/bin/python"))
    with TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.clients.settings",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "MEDIA_ROOT": f"{folder}/media",
            "EMAIL_FILE_PATH": f"{folder}/emails",
        }
        with subprocess.Popen(  # noqa: S603 - our own command
            [python, "-m", "tests.clients.server"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout
            yield f"{process.stdout.readline().strip()}/graphql/"
            process.communicate()  # closes its input, which stops it


@pytest.fixture
def ann(url: str) -> Client:
    """A client in which the patient Ann has signed in."""
    answer = execute(client_of(url), TOKEN_AUTH, email="ann@example.org", password=PASSWORD)
    token = answer["tokenAuth"]["token"]
    return client_of(url, Authorization=f"Bearer {token}", **{"Apollo-Require-Preflight": "true"})


def client_of(url: str, **headers: str) -> Client:
    return Client(transport=HTTPXTransport(url, headers=headers))


def execute(client: Client, document: str, *, upload_files: bool = False, **variables: Any) -> Any:
    request = GraphQLRequest(document, variable_values=variables)
    return client.execute(request, upload_files=upload_files)


def test_gql_validates_a_document_against_the_introspected_schema(ann: Client) -> None:
    with ann as session:
        session.fetch_schema()
        answer = session.execute(GraphQLRequest("{ clinic { timeZone today } }"))
        with pytest.raises(GraphQLError, match="Cannot query field 'nothing'"):
            session.execute(GraphQLRequest("{ nothing }"))
    assert answer == {"clinic": {"timeZone": "Europe/Berlin", "today": "2026-03-02"}}


def test_booking_a_taken_slot_returns_alternatives_as_data(ann: Client) -> None:
    found = execute(ann, DOCTORS, search="novak")["doctors"]["edges"][0]["node"]["id"]
    booking = {"doctorId": found, "date": TUESDAY, "time": "09:00"}
    assert execute(ann, BOOK, input=booking)["createAppointment"] == {
        "__typename": "Appointment",
        "date": TUESDAY,
        "time": "09:00:00",
        "status": "PENDING",
    }
    assert execute(ann, BOOK, input=booking)["createAppointment"] == {
        "__typename": "SlotUnavailable",
        "code": "SLOT_TAKEN",
        "nextAvailable": [{"time": "09:30:00"}, {"time": "10:00:00"}, {"time": "10:30:00"}],
    }


def test_upload_follows_the_multipart_request_specification(ann: Client) -> None:
    image = FileVar(__file__, filename="me.png", content_type="image/png")
    answer = execute(ann, UPLOAD_AVATAR, upload_files=True, image=image)
    assert answer == {"uploadAvatar": {"messages": [{"field": "image", "code": "invalid"}]}}


def test_error_has_a_code(url: str) -> None:
    with pytest.raises(TransportQueryError) as caught:
        execute(client_of(url), "{ me { id } }")
    assert [error["extensions"]["code"] for error in caught.value.errors or ()] == [
        "UNAUTHENTICATED"
    ]
