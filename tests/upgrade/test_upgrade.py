"""A database of the first release migrates, and its clients get the same answers as before."""

import json
from typing import Any

import pytest
from graphql import parse, validate

from schema.schema import schema
from tests.support.databases import DATABASES, scratch
from tests.support.processes import run
from tests.support.required_databases import require
from tests.upgrade.replay import documents, read

# Sent with a file, or over a WebSocket. They are validated only.
NOT_REPLAYED = {"UploadAvatar", "AppointmentChanged", "AvailabilityChanged"}
# Random, opaque to clients, or a text for people. Whether there is a value is compared.
OPAQUE = {
    *("token", "refreshToken", "jti", "sid", "ver", "calendarUrl"),
    *("cursor", "startCursor", "endCursor"),
    "message",
}


def comparable(answer: Any) -> Any:
    """Return an answer with the opaque values replaced."""
    if isinstance(answer, dict):
        return {
            key: "opaque" if key in OPAQUE and value else comparable(value)
            for key, value in answer.items()
        }
    return [comparable(item) for item in answer] if isinstance(answer, list) else answer


def without_additions(answer: Any, recorded: Any) -> Any:
    """Return an answer without the keys of objects that the recorded one does not have."""
    if isinstance(answer, dict) and isinstance(recorded, dict):
        return {
            key: without_additions(value, recorded[key])
            for key, value in answer.items()
            if key in recorded
        }
    if isinstance(answer, list) and isinstance(recorded, list) and len(answer) == len(recorded):
        return [without_additions(*pair) for pair in zip(answer, recorded, strict=True)]
    return answer


@pytest.mark.own_database
@pytest.mark.parametrize("database", DATABASES)
def test_migrated_database_of_first_release_answers_as_before(database: str) -> None:
    require(database)
    with scratch(database) as url:
        answers = json.loads(run("tests.upgrade.replay", DATABASE_URL=url))
    recorded = read("requests.json")
    # No document selects the content of the export, to which later releases can add.
    answers = [
        without_additions(answer, request["answer"])
        if request["operation"] == "ExportMyData"
        else answer
        for request, answer in zip(recorded, answers, strict=True)
    ]
    assert [
        {**request, "answer": comparable(answer)}
        for request, answer in zip(recorded, answers, strict=True)
    ] == [{**request, "answer": comparable(request["answer"])} for request in recorded]


def test_every_document_of_first_release_is_replayed() -> None:
    replayed = {request["operation"] for request in read("requests.json")}
    assert replayed | NOT_REPLAYED == documents().keys()


@pytest.mark.parametrize("name", documents())
def test_document_of_first_release_is_valid(name: str) -> None:
    assert validate(schema._schema, parse(documents()[name])) == []  # noqa: SLF001 - as in test_contract_documents.py
