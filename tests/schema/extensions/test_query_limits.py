"""Limits of documents, and that the documents of the contract are within them."""

import pytest
from graphql import get_operation_ast

from clinic.models import Patient
from schema.extensions.document_cache import parse_cached
from schema.extensions.query_cost import CostCalculator
from schema.extensions.query_limits import limit_violations
from schema.schema import schema
from tests.contract.documents import document_of, operation_names
from tests.schema.extensions.limit_errors import aliased_clinics, limit_error
from tests.support.api_client import Api
from tests.support.graphql_responses import error_result


def test_query_limits_reject_too_many_aliases(api: Api) -> None:
    assert api(aliased_clinics(16)) == limit_error("aliases", 16)


def test_query_limits_accept_the_largest_number_of_aliases(api: Api) -> None:
    answer = api(aliased_clinics(15))
    assert answer == {"data": {f"c{n}": {"today": "2026-03-02"} for n in range(15)}}


def test_query_limits_count_a_repeated_field_as_alias(api: Api) -> None:
    assert api("{ clinic { " + "today " * 17 + "} }") == limit_error("aliases", 16)


def test_query_limits_count_a_field_repeated_in_inline_fragments_as_alias(api: Api) -> None:
    assert api("{ clinic { " + "... { today } " * 17 + "} }") == limit_error("aliases", 16)


def test_query_limits_reject_too_many_directives(api: Api) -> None:
    document = "{ clinic { today " + "@include(if: true) " * 21 + "} }"
    assert api(document) == limit_error("directives", 21)


def test_query_limits_reject_too_many_tokens(api: Api) -> None:
    answer = api("{ clinic { " + "today " * 2_000 + "} }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["QUERY_TOO_COMPLEX"]
    assert answer["errors"][0]["message"] == (
        "Syntax Error: Document contains more than 2000 tokens. Parsing aborted."
    )


def test_query_limits_reject_too_many_comments(api: Api) -> None:
    answer = api("#\n" * 3_000 + "{ clinic { today } }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["QUERY_TOO_COMPLEX"]


@pytest.mark.parametrize("levels", [11, 60, 190])
def test_query_limits_reject_deep_nesting(api: Api, levels: int) -> None:
    document = "{ clinic " * levels + "{ today }" + "}" * levels
    assert api(document)["errors"][0]["extensions"] == {"code": "QUERY_TOO_COMPLEX"}


def test_query_limits_count_the_depth_of_fragments(api: Api) -> None:
    fragments = " ".join(
        f"fragment F{n} on Query {{ clinic {{ ...F{n + 1} }} }}" for n in range(11)
    )
    document = f"{{ ...F0 }} {fragments} fragment F11 on Clinic {{ today }}"
    assert api(document) == limit_error("levels", 12)


def test_query_limits_reject_deeply_nested_inline_fragments(api: Api) -> None:
    document = "{" + "... {" * 150 + "clinic { today }" + "}" * 151
    assert api(document)["errors"][0]["extensions"] == {"code": "QUERY_TOO_COMPLEX"}


def test_query_limits_reject_too_many_fragment_spreads(api: Api) -> None:
    document = "{ clinic { " + "...F " * 101 + "} } fragment F on Clinic { today }"
    assert api(document) == limit_error("spreads", 101)


def test_query_limits_leave_circular_fragments_to_validation(api: Api) -> None:
    document = """{ clinic { ...A } }
        fragment A on Clinic { today ...B } fragment B on Clinic { today ...A }"""
    [error] = api(document)["errors"]
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert error["message"] == "Cannot spread fragment 'A' within itself via 'B'."


def test_deduplicate_errors_keeps_one_of_a_thousand_unknown_fields(api: Api) -> None:
    document = "{ clinic { " + " ".join(f"nothing{n}" for n in range(1_000)) + " } }"
    [error] = api(document)["errors"]
    assert error["message"] == "Cannot query field 'nothing0' on type 'Clinic'."


def test_deduplicate_errors_keeps_one_error_of_each_kind(api: Api) -> None:
    errors = api("{ clinic { nothing1 nothing2 today(a: 1) } }")["errors"]
    assert [error["message"] for error in errors] == [
        "Cannot query field 'nothing1' on type 'Clinic'.",
        "Unknown argument 'a' on field 'Clinic.today'.",
    ]


def test_deduplicate_errors_keeps_one_of_many_invalid_values(api: Api, ann: Patient) -> None:
    document = "query ($o: [DoctorOrder!]!) { doctors(ordering: $o) { edges { node { id } } } }"
    answer = api(document, {"o": [{"specialty": "UP"}] * 90}, user=ann.user)
    assert len(answer["errors"]) == 1


def test_query_limits_reject_long_lists_in_variables_and_documents(api: Api, ann: Patient) -> None:
    too_long = error_result("BAD_USER_INPUT", "Lists in the input are limited to 100 values.")
    of = "{ doctors(filters: {specialty: {inList: %s}}) { totalCount } }"
    names = [f"s{n}" for n in range(101)]
    assert api("query ($of: [String!]!) " + of % "$of", {"of": names}, user=ann.user) == too_long
    assert api(of % str(names).replace("'", '"'), user=ann.user) == too_long


def test_ordering_rejects_too_many_fields(api: Api, ann: Patient) -> None:
    document = "{ doctors(ordering: [%s]) { totalCount } }" % ("{specialty: ASC} " * 11)
    [error] = api(document, user=ann.user)["errors"]
    assert (error["message"], error["extensions"]) == (
        "`ordering` accepts at most 10 fields.",
        {"code": "BAD_USER_INPUT"},
    )


PASSWORD_ATTEMPT = 'tokenAuth(email: "ann@example.org", password: "%d") { token }'


@pytest.mark.parametrize(
    "document",
    [
        "mutation { a: %s b: %s }",
        "mutation { %s ...F } fragment F on Mutation { b: %s }",
        "mutation { ... { a: %s } ... on Mutation { b: %s } }",
    ],
)
def test_query_limits_reject_two_password_attempts(api: Api, document: str) -> None:
    attempts = (PASSWORD_ATTEMPT % 1, PASSWORD_ATTEMPT % 2)
    assert api(document % attempts) == limit_error("attempts", 2)


@pytest.mark.parametrize(
    "attempt",
    [
        'startOtpEnrolment(password: "%d") { __typename }',
        'confirmOtpEnrolment(code: "%06d") { __typename }',
        'disableOtp(password: "secret", code: "%06d") { __typename }',
    ],
)
def test_query_limits_reject_two_attempts_at_the_second_factor(api: Api, attempt: str) -> None:
    document = f"mutation {{ a: {attempt % 1} b: {attempt % 2} }}"
    assert api(document) == limit_error("attempts", 2)


@pytest.mark.parametrize("name", operation_names())
def test_query_limits_accept_every_document_of_the_contract(name: str) -> None:
    """Also with the largest page, and with as many days as can be requested."""
    core = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
    document = parse_cached(core, document_of(name))
    operation = get_operation_ast(document.node)
    assert operation is not None
    variables = {"first": 100, "days": 92}
    cost = CostCalculator(core, document.node, variables).cost_of(operation)
    assert list(limit_violations(document.stats, cost, variables)) == []
