"""Documents of every form give the response of graphql-core, and their plans are kept."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
import strawberry
from django.test import override_settings
from graphql import ExecutionContext, get_introspection_query
from pytest_django import Settings

from schema.schema import build_schema
from schema.schema import schema as clinic_schema
from tests.schema.execution.sample import Other, Query, Thing, schema
from tests.support.both_executions import execute_both

FAMILY = Thing(word="a", child=Thing(word="b", child=Thing(word="c"), loose=[Thing()]))


def family() -> Query:
    return Query(thing=FAMILY, strict=Thing(union=Other()), things=[FAMILY, None])


@strawberry.type
class Promise:
    """Values for which graphql-core reports an error, and one that must be awaited."""

    broken: str | None
    kept: str = "kept"

    @strawberry.field
    async def later(self) -> str:
        return "later"

    @strawberry.field
    def word(self) -> str:
        if self.broken is None:
            raise ValueError
        return self.broken


@strawberry.type
class Oddities:
    @strawberry.field
    def promises(self) -> list[Promise | None]:
        return [Promise(broken="no"), Promise(broken=None)]


oddities = build_schema(query=Oddities)


# For each document: its variables and the data.
DOCUMENTS: dict[str, tuple[Mapping[str, object], object]] = {
    "{ thing { b: word a: name ...Parts child { ...Parts } } } "
    "fragment Parts on Thing { number child { word } }": (
        {},
        {
            "thing": {
                "b": "a",
                "a": "name",
                "number": 1,
                "child": {"word": "b", "number": 1, "child": {"word": "c"}},
            }
        },
    ),
    "{ thing { child { word } } thing { child { number } } }": (
        {},
        {"thing": {"child": {"word": "b", "number": 1}}},
    ),
    "{ __typename thing { __typename kind: __typename } strict { union { __typename } } }": (
        {},
        {
            "__typename": "Query",
            "thing": {"__typename": "Thing", "kind": "Thing"},
            "strict": {"union": {"__typename": "Other"}},
        },
    ),
    "{ strict { union { ... on Named { name } ... on Thing { word } ... on Other { n: number } } } "
    "}": (
        {},
        {"strict": {"union": {"name": "name", "n": 2}}},
    ),
    '{ node(id: "VGhpbmc6YQ==") { id ... on Thing { name } ... on Named { again: name } } }': (
        {},
        {"node": {"id": "VGhpbmc6YQ==", "name": "name of a", "again": "name of a"}},
    ),
    "query ($id: ID!) { first: node(id: $id) { __typename id } second: node(id: $id) { id } }": (
        {"id": "VGhpbmc6Yg=="},
        {"first": {"__typename": "Thing", "id": "VGhpbmc6Yg=="}, "second": {"id": "VGhpbmc6Yg=="}},
    ),
    "query ($times: Int) { things { name repeated(times: $times) } }": (
        {"times": 3},
        {"things": [{"name": "name", "repeated": None}, None]},
    ),
    '{ __type(name: "Color") { kind name enumValues { name } possibleTypes { name } } }': (
        {},
        {
            "__type": {
                "kind": "ENUM",
                "name": "Color",
                "enumValues": [{"name": "RED"}, {"name": "BLUE"}],
                "possibleTypes": None,
            }
        },
    ),
    'mutation { first: change(name: "other") { ...Name } second: change(name: "thing") { ...Name }'
    " } fragment Name on Named { __typename name }": (
        {},
        {
            "first": {"__typename": "Other", "name": "other"},
            "second": {"__typename": "Thing", "name": "thing"},
        },
    ),
    'mutation { change(name: "other") { __typename } failOrNull again: failOrNull }': (
        {},
        {"change": {"__typename": "Other"}, "failOrNull": None, "again": None},
    ),
    "mutation { failOrNull fail }": ({}, None),
}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_data_is_that_of_graphql_core_in_the_same_order(document: str, settings: Settings) -> None:
    settings.DEBUG = True  # otherwise introspection needs a token
    variables, data = DOCUMENTS[document]
    outcome = execute_both(schema, document, variables, root=family)
    assert outcome.text == json.dumps(data)


def test_whole_introspection_is_that_of_graphql_core(settings: Settings) -> None:
    settings.DEBUG, settings.MAX_QUERY_COST = True, 10**9
    outcome = execute_both(clinic_schema, get_introspection_query())
    names = {type_["name"] for type_ in outcome.data["__schema"]["types"]}
    assert (outcome.errors, names) == ([], set(clinic_schema._schema.type_map))  # noqa: SLF001 - no public API


CONDITIONS = """query ($a: Boolean!, $b: Boolean = true) {
  thing {
    word @include(if: $a)
    child @skip(if: $a) { word name @include(if: $b) }
    ... @skip(if: $b) { number }
  }
}"""
CHOICES = {
    (True, True): {"word": "a"},
    (True, False): {"word": "a", "number": 1},
    (False, True): {"child": {"word": "b", "name": "name"}},
    (False, False): {"child": {"word": "b"}, "number": 1},
}


def test_each_combination_of_conditions_has_its_own_selection() -> None:
    for _ in range(2):
        for (a, b), thing in CHOICES.items():
            outcome = execute_both(schema, CONDITIONS, {"a": a, "b": b}, root=family)
            assert (outcome.data, outcome.errors) == ({"thing": thing}, [])
    default = execute_both(schema, CONDITIONS, {"a": True}, root=family)
    assert (default.data, default.errors) == ({"thing": {"word": "a"}}, [])


def test_condition_that_is_null_is_an_error_of_the_object() -> None:
    error = "GraphQLError(\"Argument 'if' of non-null type 'Boolean!' must not be null.\", "
    outcome = execute_both(schema, CONDITIONS, {"a": False, "b": None}, root=family)
    assert (outcome.data, outcome.causes) == (
        {"thing": None},
        [(["thing"], f"{error}locations=[SourceLocation(line=5, column=19)])")],
    )


def test_variables_of_any_type_are_accepted_outside_of_a_request() -> None:
    document = "query ($words: [String!]!, $a: Boolean!) { joined(words: $words) @include(if: $a) }"
    outcome = execute_both(schema, document, {"words": ["b", "c"], "a": True})
    assert (outcome.data, outcome.errors) == ({"joined": "b c"}, [])


def test_null_in_a_non_null_field_is_an_error_at_its_path() -> None:
    outcome = execute_both(oddities, "{ promises { broken word kept } }")
    assert outcome.data == {"promises": [{"broken": "no", "word": "no", "kept": "kept"}, None]}
    assert outcome.causes == [(["promises", 1, "word"], "ValueError()")]


def test_awaitable_fields_keep_their_order() -> None:
    answer: Any = asyncio.run(oddities.execute("{ promises { kept later broken } }"))
    assert json.dumps(answer.data) == json.dumps(
        {
            "promises": [
                {"kept": "kept", "later": "later", "broken": "no"},
                {"kept": "kept", "later": "later", "broken": None},
            ]
        }
    )


@pytest.mark.parametrize(("planned", "calls"), [(True, 0), (False, 4)])
def test_graphql_core_executes_fields_only_if_plans_are_off(
    monkeypatch: pytest.MonkeyPatch, *, planned: bool, calls: int
) -> None:
    executed = []
    original = ExecutionContext.execute_field

    def count(self: Any, parent_type: Any, source: Any, nodes: Any, path: Any) -> Any:
        executed.append(path.as_list())
        return original(self, parent_type, source, nodes, path)

    monkeypatch.setattr(ExecutionContext, "execute_field", count)
    with override_settings(PLANNED_EXECUTION=planned):
        schema.execute_sync("{ thing { word child { word } } }", root_value=family())
    assert len(executed) == calls
