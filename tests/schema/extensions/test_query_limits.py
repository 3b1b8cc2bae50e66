"""Documents that ask for too much, and that those our clients send do not."""

import sys
import time
from collections.abc import Callable
from types import FrameType

import pytest
import strawberry
from django.test import Client
from graphql import get_introspection_query, get_operation_ast
from pytest_django import Settings
from strawberry.extensions import QueryDepthLimiter

from clinic.models import Doctor, Patient
from schema.extensions.document_cache import parse_cached
from schema.extensions.query_cost import CostCalculator
from schema.extensions.query_limits import limit_violations
from schema.schema import schema
from tests.contract.documents import document_of, operation_names
from tests.support.api_client import Answer, Api

AT_MOST = {
    "aliases": "This query has {} aliases and repeated fields; the most is 15.",
    "directives": "This query has {} directives; the most is 20.",
    "spreads": "This query has {} fragment spreads; the most is 100.",
    "levels": "This query has {} levels of fields; the most is 10.",
    "introspection": "This query has {} levels of introspection; the most is 15.",
    "attempts": "This query has {} attempts with a password or an address; the most is 1.",
    "cost": "This query has {} cost; the most is 5000.",
}


def too_complex(limit: str, found: int) -> Answer:
    return refused("QUERY_TOO_COMPLEX", AT_MOST[limit].format(found))


def refused(code: str, message: str) -> Answer:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def clinics(names: int) -> str:
    return "{" + " ".join(f"c{n}: clinic {{ today }}" for n in range(names)) + "}"


def test_an_alias_bomb_is_refused(api: Api) -> None:
    assert api(clinics(16)) == too_complex("aliases", 16)


def test_as_many_aliases_as_are_allowed_are_answered(api: Api) -> None:
    answer = api(clinics(15))
    assert answer == {"data": {f"c{n}": {"today": "2026-03-02"} for n in range(15)}}


def test_a_field_written_again_counts_as_an_alias(api: Api) -> None:
    assert api("{ clinic { " + "today " * 17 + "} }") == too_complex("aliases", 16)


def test_a_field_repeated_in_inline_fragments_counts_as_an_alias(api: Api) -> None:
    assert api("{ clinic { " + "... { today } " * 17 + "} }") == too_complex("aliases", 16)


def test_a_directive_bomb_is_refused(api: Api) -> None:
    document = "{ clinic { today " + "@include(if: true) " * 21 + "} }"
    assert api(document) == too_complex("directives", 21)


def test_a_token_bomb_is_refused(api: Api) -> None:
    answer = api("{ clinic { " + "today " * 2_000 + "} }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["QUERY_TOO_COMPLEX"]
    assert answer["errors"][0]["message"] == (
        "Syntax Error: Document contains more than 2000 tokens. Parsing aborted."
    )


def test_a_comment_bomb_is_refused(api: Api) -> None:
    answer = api("#\n" * 3_000 + "{ clinic { today } }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["QUERY_TOO_COMPLEX"]


@pytest.mark.parametrize("levels", [11, 60, 190])
def test_a_depth_bomb_is_refused(api: Api, levels: int) -> None:
    document = "{ clinic " * levels + "{ today }" + "}" * levels
    assert api(document)["errors"][0]["extensions"] == {"code": "QUERY_TOO_COMPLEX"}


def test_depth_hidden_in_fragments_is_counted(api: Api) -> None:
    fragments = " ".join(
        f"fragment F{n} on Query {{ clinic {{ ...F{n + 1} }} }}" for n in range(11)
    )
    document = f"{{ ...F0 }} {fragments} fragment F11 on Clinic {{ today }}"
    assert api(document) == too_complex("levels", 12)


def test_inline_fragments_without_end_are_refused(api: Api) -> None:
    document = "{" + "... {" * 150 + "clinic { today }" + "}" * 151
    assert api(document)["errors"][0]["extensions"] == {"code": "QUERY_TOO_COMPLEX"}


def test_a_fragment_spread_in_a_thousand_places_is_refused(api: Api) -> None:
    document = "{ clinic { " + "...F " * 101 + "} } fragment F on Clinic { today }"
    assert api(document) == too_complex("spreads", 101)


def test_a_page_of_pages_costs_their_product(api: Api, ann: Patient) -> None:
    document = """{ doctors(first: 100) { edges { node {
        workingHours { weekday startTime endTime } availableSlots(days: 92) { date time }
    } } } }"""
    # per doctor: hours 1 + 10 x 3, slots 5 + 92 x 2
    cost = 1 + 1 + 100 * (1 + (1 + 10 * 3) + (5 + 92 * 2))
    assert api(document, user=ann.user) == too_complex("cost", cost)


@pytest.mark.parametrize(
    ("arguments", "variables", "rows"),
    [
        ("", {}, 20),
        ("(first: 3)", {}, 3),
        ("(last: 3)", {}, 3),
        ("(first: $n)", {"n": 3}, 3),
        ("(first: $n)", {"n": 3.0}, 3),
        ("(first: $n)", {"n": None}, 20),
        ("(first: $n)", {}, 4),
    ],
)
def test_the_cost_is_reported_by_the_size_of_the_page(
    api: Api, ann: Patient, arguments: str, variables: dict[str, float | None], rows: int
) -> None:
    document = "query ($n: Int = 4) { doctors%s { totalCount edges { node { id } } } }"
    if "$n" not in arguments:
        document = document.replace(" ($n: Int = 4)", "")
    assert cost_of(document % arguments, variables) == 3 + rows * 2


def test_a_document_that_comes_again_costs_what_its_variables_say(db: None) -> None:
    document = "query ($n: Int) { doctors(first: $n) { edges { node { id } } } }"
    costs = [cost_of(document, {"n": rows}) for rows in (1, 50, 50, 1)]
    assert costs == [2 + rows * 2 for rows in (1, 50, 50, 1)]
    two = "query A { clinic { today } } query B { clinic { today timeZone } }"
    costs = [cost_of(two, operation=name) for name in ("A", "B", "A", "B")]
    assert costs == [2, 3, 2, 3]


def cost_of(
    document: str, variables: dict[str, float | None] | None = None, operation: str | None = None
) -> int:
    body = {"query": document, "variables": variables, "operationName": operation}
    response = Client().post("/graphql/", body, content_type="application/json")
    cost: int = response.json()["extensions"]["cost"]
    return cost


@pytest.mark.parametrize("size", [92, 92.0])
def test_a_variable_cannot_hide_the_size_of_a_page(api: Api, ann: Patient, size: float) -> None:
    document = """query ($n: Int!) { doctors(first: $n) { edges { node {
        availableSlots(days: $n) { date }
    } } } }"""
    assert api(document, {"n": size}, user=ann.user) == too_complex("cost", 2 + 92 * (1 + 5 + 92))


def test_a_fragment_bomb_is_weighed_once_a_fragment_and_refused(api: Api) -> None:
    """822 bytes of this took a depth limiter 20 seconds: each step doubles the answer."""
    steps = 30
    fragments = " ".join(
        f"fragment F{n} on Query {{ a{n}: clinic {{ today }} ...F{n + 1} ...F{n + 1} }}"
        for n in range(steps)
    )
    document = f"{{ ...F0 }} {fragments} fragment F{steps} on Query {{ clinic {{ today }} }}"
    errors = api(document)["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"QUERY_TOO_COMPLEX"}
    assert too_complex("aliases", steps)["errors"][0] in errors


def test_fragments_in_a_circle_are_refused(api: Api) -> None:
    document = """{ clinic { ...A } }
        fragment A on Clinic { today ...B } fragment B on Clinic { today ...A }"""
    [error] = api(document)["errors"]
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert error["message"] == "Cannot spread fragment 'A' within itself via 'B'."


def test_a_thousand_mistakes_of_a_kind_are_one_error(api: Api) -> None:
    document = "{ clinic { " + " ".join(f"nothing{n}" for n in range(1_000)) + " } }"
    [error] = api(document)["errors"]
    assert error["message"] == "Cannot query field 'nothing0' on type 'Clinic'."


def test_mistakes_of_two_kinds_are_two_errors(api: Api) -> None:
    errors = api("{ clinic { nothing1 nothing2 today(a: 1) } }")["errors"]
    assert [error["message"] for error in errors] == [
        "Cannot query field 'nothing1' on type 'Clinic'.",
        "Unknown argument 'a' on field 'Clinic.today'.",
    ]


def test_a_thousand_wrong_values_are_one_error(api: Api, ann: Patient) -> None:
    document = "query ($o: [DoctorOrder!]!) { doctors(ordering: $o) { edges { node { id } } } }"
    answer = api(document, {"o": [{"specialty": "UP"}] * 90}, user=ann.user)
    assert len(answer["errors"]) == 1


def test_a_list_too_long_is_refused_as_a_variable_and_in_the_document(
    api: Api, ann: Patient
) -> None:
    too_long = refused("BAD_USER_INPUT", "A list in the input has 100 values at most.")
    of = "{ doctors(filters: {specialty: {inList: %s}}) { totalCount } }"
    names = [f"s{n}" for n in range(101)]
    assert api("query ($of: [String!]!) " + of % "$of", {"of": names}, user=ann.user) == too_long
    assert api(of % str(names).replace("'", '"'), user=ann.user) == too_long


def test_an_order_by_too_many_columns_is_refused(api: Api, ann: Patient) -> None:
    document = "{ doctors(ordering: [%s]) { totalCount } }" % ("{specialty: ASC} " * 11)
    [error] = api(document, user=ann.user)["errors"]
    assert (error["message"], error["extensions"]) == (
        "`ordering` can have at most 10 entries.",
        {"code": "BAD_USER_INPUT"},
    )


PASSWORD_TRY = 'tokenAuth(email: "ann@example.org", password: "%d") { token }'


@pytest.mark.parametrize(
    "document",
    [
        "mutation { a: %s b: %s }",
        "mutation { %s ...F } fragment F on Mutation { b: %s }",
        "mutation { ... { a: %s } ... on Mutation { b: %s } }",
    ],
)
def test_passwords_cannot_be_tried_by_the_dozen_in_one_request(api: Api, document: str) -> None:
    tries = (PASSWORD_TRY % 1, PASSWORD_TRY % 2)
    assert api(document % tries) == too_complex("attempts", 2)


@pytest.mark.parametrize("name", operation_names())
def test_every_document_of_the_contract_is_within_the_limits(name: str) -> None:
    """With pages of a hundred, and a season of days."""
    core = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
    document = parse_cached(core, document_of(name))
    operation = get_operation_ast(document.node)
    assert operation is not None
    variables = {"first": 100, "days": 92}
    weight = CostCalculator(core, document.node, variables).weigh(operation)
    assert list(limit_violations(document.written, weight, variables)) == []


def test_graphiql_and_code_generators_can_introspect(
    api: Api, settings: Settings, ann: Patient
) -> None:
    document = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True
    )
    answer = api(document, user=ann.user)
    assert list(answer) == ["data"]
    settings.DEBUG = True
    assert api(document) == answer


@pytest.mark.parametrize(
    "document", ["{ __schema { queryType { name } } }", '{ __type(name: "User") { name } }']
)
def test_a_stranger_cannot_read_the_schema_in_production(api: Api, document: str) -> None:
    assert api(document) == refused("UNAUTHENTICATED", "Sign in first.")
    assert api("{ ...F } fragment F on Query " + document) == refused(
        "UNAUTHENTICATED", "Sign in first."
    )


def test_a_stranger_may_ask_for_type_names(api: Api) -> None:
    assert api("{ __typename clinic { __typename } }") == {
        "data": {"__typename": "Query", "clinic": {"__typename": "Clinic"}}
    }


def test_introspection_has_a_bound_of_its_own(api: Api, ann: Patient) -> None:
    of_type = "{ ofType " * 13 + "{ name }" + "}" * 13
    document = "{ __schema { queryType " + of_type + " } }"
    assert api(document, user=ann.user) == too_complex("introspection", 16)


def test_introspection_cannot_go_round_and_round(api: Api, ann: Patient) -> None:
    document = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
    [error] = api(document, user=ann.user)["errors"]
    assert error["message"] == "Maximum introspection depth exceeded"


@pytest.mark.parametrize(
    ("document", "message", "hint"),
    [
        ("{ clinik { today } }", "Cannot query field 'clinik' on type 'Query'.", "'clinic'"),
        ("{ node(ic: 1) { id } }", "Unknown argument 'ic' on field 'Query.node'.", "'id'"),
        ("{ ... on Docter { id } }", "Unknown type 'Docter'.", "'Doctor'"),
    ],
)
def test_names_are_hinted_at_in_development_and_to_the_signed_in_only(
    api: Api, settings: Settings, ann: Patient, document: str, message: str, hint: str
) -> None:
    assert message in messages(api(document))
    assert not any("Did you mean" in text for text in messages(api(document, token="bad")))
    hinted = [text for text in messages(api(document, user=ann.user)) if "Did you mean" in text]
    assert hinted
    assert hint in hinted[0]
    settings.DEBUG = True
    assert hinted[0] in messages(api(document))


def messages(answer: Answer) -> list[str]:
    return [error["message"] for error in answer["errors"]]


def test_a_document_known_to_be_valid_is_not_valid_for_another_size(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    """What is remembered of a text is its form; variables are weighed anew."""
    document = """query ($n: Int!) { doctors(first: $n) { edges { node {
        availableSlots(days: $n) { date }
    } } } }"""
    assert "errors" not in api(document, {"n": 1}, user=ann.user)
    assert api(document, {"n": 92}, user=ann.user) == too_complex("cost", 9018)
    assert "errors" not in api(document, {"n": 1}, user=ann.user)


def fragment_bomb(steps: int) -> str:
    fragments = " ".join(
        f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(steps)
    )
    return f"{{ ...F0 }} {fragments} fragment F{steps} on Query {{ clinic {{ today }} }}"


def directives_bomb(number: int) -> str:
    return "{ clinic { today " + "@include(if: true) " * number + "} }"


def circle_bomb(number: int) -> str:
    return "{ ...F0 }" + " ".join(
        f"fragment F{n} on Query {{ ...F{(n + 1) % number} }}" for n in range(number)
    )


BOMBS = {
    "fragments": fragment_bomb(45),
    "more fragments than allowed": fragment_bomb(180),
    "aliases": clinics(300),
    "repeated fields": "{ clinic { " + "today " * 1_900 + "} }",
    "repeated objects": "{" + "clinic { today } " * 450 + "}",
    "directives": directives_bomb(280),
    "unknown directives": "{ clinic { today " + "@x " * 900 + "} }",
    "unknown fields": "{ clinic { " + " ".join(f"x{n}" for n in range(1_900)) + " } }",
    "spreads": "{" + "...F " * 900 + "} fragment F on Query { clinic { today } }",
    "many fragments": "{"
    + " ".join(f"...F{n}" for n in range(95))
    + "}"
    + " ".join(f"fragment F{n} on Query {{ clinic {{ nothing }} }}" for n in range(95)),
    "circle": circle_bomb(90),
    "depth": "{ clinic " * 5_000 + "{ today }" + "}" * 5_000,
    "brackets": "{ node(id: " + "[" * 5_000 + "]" * 5_000 + ") { id } }",
    "variables": "query (" + " ".join(f"$v{n}: Int" for n in range(480)) + ") { clinic { today } }",
    "text": '{ node(id: "' + "x" * 900_000 + '") { id } }',
    "comments": "#\n" * 400_000 + "{ clinic { today } }",
}


def effort(run: Callable[[str], object], document: str) -> int:
    """How many functions are called by it: the same on a fast and on a slow machine."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        run(document)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_answered_in_well_under_a_second(api: Api, bomb: str) -> None:
    """Counted in calls, of which a slow processor makes three million a second."""
    assert "errors" in api(bomb)
    started = time.thread_time()
    assert effort(api, bomb) < 1_500_000
    # What is not written in Python has no calls to be counted.
    assert time.thread_time() - started < 10


@pytest.mark.parametrize("bomb", [fragment_bomb, clinics, directives_bomb, circle_bomb])
def test_twice_the_bomb_takes_twice_the_effort(api: Api, bomb: Callable[[int], str]) -> None:
    api(bomb(10))
    once, twice = (effort(api, bomb(size)) for size in (40, 80))
    assert twice < 2.5 * once


def test_a_stock_limit_of_depth_takes_twice_the_effort_for_each_fragment_more() -> None:
    """The control: such a bomb does go off where nobody remembers what a fragment weighs."""

    @strawberry.type
    class Clinic:
        today: str = ""

    @strawberry.type
    class Query:
        @strawberry.field
        def clinic(self) -> Clinic:
            return Clinic()

    stock = strawberry.Schema(Query, extensions=[lambda: QueryDepthLimiter(max_depth=10)])
    small, large = (effort(stock.execute_sync, fragment_bomb(steps)) for steps in (6, 14))
    assert large > 20 * small
