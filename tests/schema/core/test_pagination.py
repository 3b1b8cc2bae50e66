import base64
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.support.api_client import Api, GraphQLResult
from tests.support.graphql_responses import error_result
from users.models import User

pytestmark = pytest.mark.django_db
PAGE = """
query ($first: Int, $after: String, $last: Int, $before: String) {
  accounts(first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage }
    edges { cursor node { firstName } }
  }
}
"""


@pytest.fixture(autouse=True)
def _accounts() -> None:
    User.objects.bulk_create(
        User(email=f"{n}@example.org", first_name=f"{n:03}", last_name="Person") for n in range(120)
    )


def names(answer: GraphQLResult) -> list[str]:
    return [edge["node"]["firstName"] for edge in answer["data"]["accounts"]["edges"]]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({}, range(20)),
        ({"first": 0}, range(0)),
        ({"first": 3}, range(3)),
        ({"first": 100}, range(100)),
        ({"last": 0}, range(0)),
        ({"last": 3}, range(117, 120)),
        ({"first": 5, "last": 2}, range(3, 5)),
    ],
)
def test_connection_returns_the_requested_number_of_rows_or_twenty(
    probe: Api, bounds: dict[str, int], expected: range
) -> None:
    assert names(probe(PAGE, bounds)) == [f"{n:03}" for n in expected]


@pytest.mark.parametrize("name", ["first", "last"])
@pytest.mark.parametrize("value", [-1, 101])
@pytest.mark.parametrize("other", [{}, {"first": 1, "last": 1}])
def test_connection_rejects_a_page_size_out_of_range(
    probe: Api, name: str, value: int, other: dict[str, int]
) -> None:
    assert probe(PAGE, {**other, name: value}) == bad_input(f"`{name}` must be between 0 and 100.")


def bad_input(message: str) -> GraphQLResult:
    location = {"locations": [{"line": 3, "column": 3}], "path": ["accounts"]}
    return {"data": None, **error_result("BAD_USER_INPUT", message, **location)}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "",
        "é",
        encoded("arrayconnection:3"),
        encoded("orderedcursor:"),
        encoded("orderedcursor:{}"),
        encoded('orderedcursor:["001"]'),
        encoded('orderedcursor:["001","one"]'),
        encoded('orderedcursor:["001",1]'),
        encoded('orderedcursor:["001","0"]'),
        encoded('orderedcursor:["001",null]'),
        encoded(f'orderedcursor:["001","{2**70}"]'),
        encoded('orderedcursor:["\\u0000","1"]'),
        encoded('orderedcursor:["\\ud800","1"]'),
        encoded("orderedcursor:" + "[" * 100_000),
    ],
)
def test_connection_rejects_a_malformed_cursor(probe: Api, argument: str, cursor: str) -> None:
    assert probe(PAGE, {argument: cursor}) == bad_input("This cursor is malformed.")


def test_connection_pages_contain_each_row_once_in_both_directions(probe: Api) -> None:
    forward: list[str] = []
    variables: dict[str, Any] = {"first": 50}
    while True:
        answer = probe(PAGE, variables)
        forward += names(answer)
        page = answer["data"]["accounts"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        variables["after"] = page["edges"][-1]["cursor"]
    assert forward == [f"{n:03}" for n in range(120)]
    backward = probe(PAGE, {"last": 30, "before": page["edges"][0]["cursor"]})
    assert names(backward) == [f"{n:03}" for n in range(70, 100)]
    assert backward["data"]["accounts"]["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": True,
    }


def test_connection_with_total_count_takes_two_queries(
    probe: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        answer = probe(PAGE, {"first": 100})
    assert answer["data"]["accounts"]["totalCount"] == 120


@pytest.mark.parametrize("argument", ["after", "before"])
def test_connection_with_a_cursor_takes_no_further_query(
    probe: Api, django_assert_num_queries: DjangoAssertNumQueries, argument: str
) -> None:
    cursor = probe(PAGE, {"first": 50})["data"]["accounts"]["edges"][-1]["cursor"]
    with django_assert_num_queries(2):
        answer = probe(PAGE, {argument: cursor})
    assert answer["data"]["accounts"]["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": argument == "after",
    }


def test_connection_without_edges_takes_one_query(
    probe: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cursor = probe(PAGE, {"first": 50})["data"]["accounts"]["edges"][-1]["cursor"]
    with django_assert_num_queries(1):
        answer = probe(f'{{ accounts(after: "{cursor}") {{ totalCount }} }}')
    assert answer == {"data": {"accounts": {"totalCount": 120}}}
