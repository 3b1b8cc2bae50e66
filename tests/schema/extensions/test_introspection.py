"""Access to introspection and suggestions, and the limits of introspection."""

import pytest
from graphql import get_introspection_query
from pytest_django import Settings

from clinic.models import Patient
from tests.schema.extensions.limit_errors import limit_error
from tests.support.api_client import Api, GraphQLResult
from tests.support.graphql_responses import error_result


def test_introspection_accepts_the_query_of_code_generators(
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
def test_introspection_requires_authentication_in_production(api: Api, document: str) -> None:
    assert api(document) == error_result("UNAUTHENTICATED", "Sign in first.")
    assert api("{ ...F } fragment F on Query " + document) == error_result(
        "UNAUTHENTICATED", "Sign in first."
    )


def test_introspection_allows_typename_without_authentication(api: Api) -> None:
    assert api("{ __typename clinic { __typename } }") == {
        "data": {"__typename": "Query", "clinic": {"__typename": "Clinic"}}
    }


def test_introspection_has_a_depth_limit_of_its_own(api: Api, ann: Patient) -> None:
    of_type = "{ ofType " * 13 + "{ name }" + "}" * 13
    document = "{ __schema { queryType " + of_type + " } }"
    assert api(document, user=ann.user) == limit_error("introspection", 16)


def test_introspection_rejects_recursive_fields(api: Api, ann: Patient) -> None:
    document = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
    [error] = api(document, user=ann.user)["errors"]
    assert error["message"] == "Maximum introspection depth exceeded"


def messages(answer: GraphQLResult) -> list[str]:
    return [error["message"] for error in answer["errors"]]


@pytest.mark.parametrize(
    ("document", "message", "suggestion"),
    [
        ("{ clinik { today } }", "Cannot query field 'clinik' on type 'Query'.", "'clinic'"),
        ("{ node(ic: 1) { id } }", "Unknown argument 'ic' on field 'Query.node'.", "'id'"),
        ("{ ... on Docter { id } }", "Unknown type 'Docter'.", "'Doctor'"),
    ],
)
def test_suggestions_are_sent_in_development_and_to_authenticated_users_only(
    api: Api, settings: Settings, ann: Patient, document: str, message: str, suggestion: str
) -> None:
    assert message in messages(api(document))
    assert not any("Did you mean" in text for text in messages(api(document, token="bad")))
    suggested = [text for text in messages(api(document, user=ann.user)) if "Did you mean" in text]
    assert suggested
    assert suggestion in suggested[0]
    settings.DEBUG = True
    assert suggested[0] in messages(api(document))
