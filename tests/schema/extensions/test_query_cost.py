"""The cost of operations."""

import pytest
from django.test import Client
from graphql import get_operation_ast, parse

from clinic.models import Doctor, Patient
from schema.extensions.query_cost import CostCalculator
from schema.schema import schema
from tests.schema.extensions.limit_errors import limit_error
from tests.support.api_client import Api


def cost_of(
    document: str, variables: dict[str, float | None] | None = None, operation: str | None = None
) -> int:
    body = {"query": document, "variables": variables, "operationName": operation}
    response = Client().post("/graphql/", body, content_type="application/json")
    cost: int = response.json()["extensions"]["cost"]
    return cost


def charge_of(document: str) -> int:
    parsed = parse(document)
    operation = get_operation_ast(parsed)
    assert operation is not None
    calculator = CostCalculator(schema._schema, parsed, {})  # noqa: SLF001 - as in query_limits.py
    return calculator.cost_of(operation).charge


def test_query_cost_multiplies_nested_lists(api: Api, ann: Patient) -> None:
    document = """{ doctors(first: 100) { edges { node {
        workingHours { weekday startTime endTime } availableSlots(days: 92) { date time }
    } } } }"""
    # per doctor: hours 1 + 10 x 3, slots 5 + 92 x 2
    cost = 1 + 1 + 100 * (1 + (1 + 10 * 3) + (5 + 92 * 2))
    assert api(document, user=ann.user) == limit_error("cost", cost)


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
def test_query_cost_depends_on_the_page_size(
    api: Api, ann: Patient, arguments: str, variables: dict[str, float | None], rows: int
) -> None:
    document = "query ($n: Int = 4) { doctors%s { totalCount edges { node { id } } } }"
    if "$n" not in arguments:
        document = document.replace(" ($n: Int = 4)", "")
    assert cost_of(document % arguments, variables) == 3 + rows * 2


def test_query_cost_of_a_cached_document_depends_on_variables(db: None) -> None:
    document = "query ($n: Int) { doctors(first: $n) { edges { node { id } } } }"
    costs = [cost_of(document, {"n": rows}) for rows in (1, 50, 50, 1)]
    assert costs == [2 + rows * 2 for rows in (1, 50, 50, 1)]
    with_default = "query ($n: Int = 4) { doctors(first: $n) { edges { node { id } } } }"
    for _ in range(2):
        costs = [cost_of(with_default, {"n": rows}) for rows in (1, None, True, 3, 3.0, 99)]
        assert costs == [2 + rows * 2 for rows in (1, 20, 1, 3, 3, 99)]
        assert cost_of(with_default, {}) == 2 + 4 * 2
    two = "query A { clinic { today } } query B { clinic { today timeZone } }"
    costs = [cost_of(two, operation=name) for name in ("A", "B", "A", "B")]
    assert costs == [2, 3, 2, 3]


@pytest.mark.parametrize("size", [92, 92.0])
def test_query_cost_uses_page_sizes_from_variables(api: Api, ann: Patient, size: float) -> None:
    document = """query ($n: Int!) { doctors(first: $n) { edges { node {
        availableSlots(days: $n) { date }
    } } } }"""
    assert api(document, {"n": size}, user=ann.user) == limit_error("cost", 2 + 92 * (1 + 5 + 92))


def test_query_cost_counts_each_fragment_once(api: Api) -> None:
    """Each fragment doubles the response. Strawberry's depth limiter takes 20 s for 822 bytes."""
    steps = 30
    fragments = " ".join(
        f"fragment F{n} on Query {{ a{n}: clinic {{ today }} ...F{n + 1} ...F{n + 1} }}"
        for n in range(steps)
    )
    document = f"{{ ...F0 }} {fragments} fragment F{steps} on Query {{ clinic {{ today }} }}"
    errors = api(document)["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"QUERY_TOO_COMPLEX"}
    assert limit_error("aliases", steps)["errors"][0] in errors


def test_query_cost_is_checked_again_for_a_valid_cached_document(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    """The cache keeps that the document is valid; the cost depends on the variables."""
    document = """query ($n: Int!) { doctors(first: $n) { edges { node {
        availableSlots(days: $n) { date }
    } } } }"""
    assert "errors" not in api(document, {"n": 1}, user=ann.user)
    assert api(document, {"n": 92}, user=ann.user) == limit_error("cost", 9018)
    assert "errors" not in api(document, {"n": 1}, user=ann.user)


@pytest.mark.parametrize(
    ("document", "charge"),
    [
        # Measured on SQLite for those who act for others: 700 to 2,600 each.
        ("{ appointments(first: 1) { edges { node { id } } } }", 500 + 1 + 2),
        (
            "{ a: patients(first: 1) { edges { cursor } } b: patients { edges { cursor } } }",
            502 + 521,
        ),
        ('{ patient(id: "x") { id } }', 400 + 1),
        ('{ node(id: "x") { id } }', 400 + 1),
        # A query for the access log of each dependant: 10 rows, 500 and an edge with one field.
        ("{ me { patients { accessLog(first: 1) { edges { cursor } } } } }", 1 + 500 + 10 * 502),
        ("{ me { assistedDoctors { id } } }", 1 + 300 + 10),
        # A doctor can have 50 assistants. Measured for 20 doctors who have, four fields: 19,000.
        (
            "{ doctors(first: 20) { edges { node { assistants { id firstName email } } } } }",
            1 + 1 + 20 * (1 + 1 + 50 * 3),
        ),
        # Not of `Query`: the patients of a page are loaded together.
        ("{ appointments(first: 9) { edges { node { patient { id } } } } }", 501 + 9 * (1 + 2)),
    ],
)
def test_query_charge_includes_the_rights_of_those_who_act_for_others(
    document: str, charge: int
) -> None:
    assert charge_of(document) == charge


@pytest.mark.parametrize(
    ("mutation", "charge"),
    [
        ("addDependant", 1_000),
        ("registerPatient", 1_000),
        ("removeDependant", 2_000),
        ("setAssistants", 5_000),
    ],
)
def test_query_charge_of_mutations_of_people(mutation: str, charge: int) -> None:
    assert charge_of(f"mutation {{ {mutation}(input: {{}}) {{ __typename }} }}") == charge + 1
