import json
import re

import pytest
from django.test import Client
from graphql import GraphQLError, parse, validate
from graphql.execution.values import get_variable_values
from graphql.language import OperationDefinitionNode

from schema.schema import schema
from schema.transport import graphiql

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def page() -> str:
    response = Client().get("/graphql/", headers={"Accept": BROWSER})
    assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'self';" in response["Content-Security-Policy"]
    assert "script-src" not in response["Content-Security-Policy"]
    return response.content.decode()


def test_a_browser_gets_graphiql_and_every_file_of_it_from_us() -> None:
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page())
    assert len(loaded) == 9
    for address in loaded:
        response = Client().get(address)
        assert response.status_code == 200, address
        assert b"".join(response), address


def test_the_page_has_no_script_or_style_of_its_own() -> None:
    inline = re.findall(r"<script[^>]*>(?=[^<])|<style|\son\w+=|\sstyle=", page())
    assert inline == ['<script id="opening" type="application/json">']


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_a_program_gets_no_page(accept: str) -> None:
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


def test_a_browsers_link_with_a_query_is_answered_and_not_a_page() -> None:
    response = Client().get(
        "/graphql/", {"query": "{ clinic { timeZone } }"}, headers={"Accept": BROWSER}
    )
    assert json.loads(response.content) == {
        "data": {"clinic": {"timeZone": "Europe/Berlin"}},
        "extensions": {"cost": 2},
    }


def test_the_story_it_opens_with_is_valid_and_its_variables_fit() -> None:
    core = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
    opening = graphiql.opening()
    document = parse(opening["query"])
    problems: list[GraphQLError] = validate(core, document)
    for operation in document.definitions:
        if not isinstance(operation, OperationDefinitionNode):
            continue
        outcome = get_variable_values(
            core, operation.variable_definitions, json.loads(opening["variables"])
        )
        problems += outcome if isinstance(outcome, list) else []
    assert problems == []
