import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from graphql import GraphQLError, parse, validate
from graphql.execution.values import get_variable_values
from graphql.language import DocumentNode, OperationDefinitionNode
from pytest_django import Settings

from clinic.demo.accounts import email_of
from schema.schema import schema
from schema.transport import graphiql
from users.models import User

BUILD = Path(django_settings.BASE_DIR) / "schema/graphiql"
BUILT = Path(django_settings.BASE_DIR) / "schema/static/schema/graphiql/built"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def page() -> str:
    response = Client().get("/graphql/", headers={"Accept": BROWSER})
    assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'self';" in response["Content-Security-Policy"]
    assert "script-src" not in response["Content-Security-Policy"]
    return response.content.decode()


def operations_of(document: DocumentNode) -> Iterator[OperationDefinitionNode]:
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            yield definition


def test_page_loads_only_our_own_files() -> None:
    loaded = re.findall(r'(?:src|href|data-worker)="([^"]+)"', page())
    assert len(loaded) == 4
    for url in loaded:
        response = Client().get(url)
        assert response.status_code == 200, url
        assert b"".join(response), url


def test_page_has_no_inline_script_or_style() -> None:
    inline = re.findall(r"<script[^>]*>(?=[^<])|<style|\son\w+=|\sstyle=", page())
    assert inline == ['<script id="opening" type="application/json">']


def test_built_files_are_those_of_the_locked_graphiql() -> None:
    lock = json.loads((BUILD / "package-lock.json").read_text(encoding="utf-8"))
    version = lock["packages"]["node_modules/graphiql"]["version"]
    licences = (BUILT / "licences.txt").read_text(encoding="utf-8")
    assert f"\ngraphiql {version}, MIT\n" in licences


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_page_is_not_sent_to_programs(accept: str) -> None:
    response = Client().get("/graphql/", headers={"Accept": accept})
    assert (response.status_code, json.loads(response.content)) == (
        400,
        {
            "errors": [
                {
                    "message": "The request has no `query`.",
                    "extensions": {"code": "BAD_USER_INPUT"},
                }
            ]
        },
    )


def test_query_in_a_browsers_link_is_answered_instead_of_the_page() -> None:
    response = Client().get(
        "/graphql/", {"query": "{ clinic { timeZone } }"}, headers={"Accept": BROWSER}
    )
    assert json.loads(response.content) == {
        "data": {"clinic": {"timeZone": "Europe/Berlin"}},
        "extensions": {"cost": 2},
    }


def test_default_document_is_valid_and_its_variables_fit() -> None:
    core = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
    opening = graphiql.opening()
    document = parse(opening["query"])
    problems: list[GraphQLError] = validate(core, document)
    for operation in operations_of(document):
        outcome = get_variable_values(
            core, operation.variable_definitions, json.loads(opening["variables"])
        )
        problems += outcome if isinstance(outcome, list) else []
    assert problems == []


def test_copies_name_operations_and_variables_of_the_default_document() -> None:
    opening = graphiql.opening()
    names = {
        operation.name.value
        for operation in operations_of(parse(opening["query"]))
        if operation.name
    }
    assert set(opening["copies"]) <= names
    for copies in opening["copies"].values():
        for path in copies:
            value = json.loads(opening["variables"])
            for key in path.split("."):
                value = value[key]


def test_default_document_registers_another_email_address_each_time() -> None:
    first, second = (json.loads(graphiql.opening()["variables"]) for _ in range(2))
    assert first["email"] == first["account"]["email"] != second["email"]


@pytest.mark.django_db
def test_demo_accounts_are_offered_in_development_only(settings: Settings) -> None:
    for role in ("patient", "doctor"):
        User.objects.create(email=email_of(role), first_name="Kim", last_name="Example")
    assert graphiql.opening()["demo"] is None
    assert "open-the-demo-clinic" not in page()
    settings.DEBUG = True
    assert graphiql.opening()["demo"] == {
        "password": "open-the-demo-clinic",
        "people": [
            {"role": "patient", "email": "patient@example.org"},
            {"role": "doctor", "email": "doctor@example.org"},
        ],
    }
