"""The database of the first release, migrated, and what it answers.

Runs on the database of ``DATABASE_URL``, in which it creates the tables of that release and the
rows of ``database.json``, and migrates to the present state. Then it sends ``requests.json``, whose
documents are those of ``operations.graphql``, and prints the answers as JSON.

Revision ea23690 wrote all three files: its command ``seed_demo`` filled the database (2 doctors, 3
patients, 14 appointments) on Monday 2 March 2026, 08:00 in Berlin, a patient booked with an
idempotency key, and the requests were sent one after the other to the test client. They are not to
be changed: clients that were written for that release still send these documents.
"""

import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import time_machine
from django.core.management.color import no_style
from django.db import connection, transaction
from django.test import Client
from graphql import parse, print_ast, separate_operations

from tests.conftest import MONDAY_MORNING
from tests.support.migrations import migrate

FOLDER = Path(__file__).parent
# The last migrations of the first release.
FIRST_RELEASE = (("users", "0003_email_to_the_letter"), ("clinic", "0007_visits_in_every_order"))


def main(_arguments: Sequence[str]) -> None:
    with time_machine.travel(MONDAY_MORNING, tick=False):
        stored = read("database.json")
        for target in FIRST_RELEASE:
            apps = migrate(*target)
        with transaction.atomic():
            for name, table in stored["rows"].items():
                _insert(apps.get_model(name), table["fields"], table["rows"])
        migrate()
        json.dump(
            [_send(request, stored["tokens"]) for request in read("requests.json")], sys.stdout
        )


def read(name: str) -> Any:
    """Return the content of a file in this folder."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def _insert(model: Any, names: list[str], rows: list[list[Any]]) -> None:
    # The names are those of the columns' attributes, such as doctor_id.
    fields = {field.attname: field for field in model._meta.concrete_fields}  # noqa: SLF001 - Django documents _meta as public
    model.objects.bulk_create(
        model(**{name: _value(fields[name], value) for name, value in zip(names, row, strict=True)})
        for row in rows
    )
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def _value(field: Any, value: Any) -> Any:
    return field.target_field.to_python(value) if field.is_relation else field.to_python(value)


@cache
def documents() -> dict[str, str]:
    """Return each operation of the first release with its fragments, by name."""
    text = (FOLDER / "operations.graphql").read_text(encoding="utf-8")
    separated = separate_operations(parse(text))
    return {name: print_ast(document) for name, document in separated.items()}


def _send(request: dict[str, Any], tokens: dict[str, Any]) -> Any:
    """Send a request with the access token that the first release gave its user."""
    who = request["who"]
    headers = {"Authorization": f"JWT {tokens[who]['token']}"} if who else {}
    body = {"query": documents()[request["operation"]], "variables": request["variables"]}
    response = Client().post("/graphql/", body, content_type="application/json", headers=headers)
    answer = response.json()
    answer.pop("extensions", None)
    return answer
