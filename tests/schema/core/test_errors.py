import logging

import pytest

from tests.support.api_client import Api
from tests.support.graphql_responses import error_result


def at(line: int, column: int) -> list[dict[str, int]]:
    return [{"line": line, "column": column}]


def test_a_document_that_cannot_be_read_is_a_parse_failure(probe: Api) -> None:
    assert probe("{ hello ") == error_result(
        "GRAPHQL_PARSE_FAILED", "Syntax Error: Expected Name, found <EOF>.", locations=at(1, 9)
    )


def test_a_document_too_deep_to_read_is_a_coded_refusal(probe: Api) -> None:
    answer = probe("{a" * 20_000)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["QUERY_TOO_COMPLEX"]


def test_an_unknown_field_is_a_validation_failure(probe: Api) -> None:
    assert probe("{ goodbye }") == error_result(
        "GRAPHQL_VALIDATION_FAILED",
        "Cannot query field 'goodbye' on type 'Query'.",
        locations=at(1, 3),
    )


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "Variable '$of' of required type 'Date!' was not provided."),
        ({"of": None}, "Variable '$of' of non-null type 'Date!' must not be null."),
    ],
)
def test_a_missing_variable_is_bad_input(
    probe: Api, variables: dict[str, None], message: str
) -> None:
    assert probe("query ($of: Date!) { date(of: $of) }", variables) == error_result(
        "BAD_USER_INPUT", message, locations=at(1, 8)
    )


def test_a_variable_of_another_type_is_bad_input_and_not_quoted(probe: Api) -> None:
    answer = probe("query ($times: Int!) { hello(times: $times) }", {"times": "secret; at 'x'"})
    assert answer == error_result(
        "BAD_USER_INPUT",
        "Variable '$times' is invalid: Int cannot represent non-integer value.",
        locations=at(1, 8),
    )


def test_null_for_an_argument_that_has_a_default_is_bad_input(probe: Api) -> None:
    assert probe("query ($times: Int) { hello(times: $times) }", {"times": None}) == {
        "data": None,
        "errors": [
            {
                "message": "Argument 'times' of non-null type 'Int!' must not be null.",
                "locations": at(1, 36),
                "path": ["hello"],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ],
    }


def test_a_malformed_id_is_bad_input(probe: Api) -> None:
    assert probe('{ pk(id: "not an id") }') == {
        "data": {"pk": None},
        "errors": [
            {
                "message": "This id is malformed.",
                "locations": at(1, 3),
                "path": ["pk"],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ],
    }


def test_a_coded_error_keeps_its_words_and_extensions(probe: Api) -> None:
    assert probe("{ limited }") == {
        "data": None,
        "errors": [
            {
                "message": "Too many tries.",
                "locations": at(1, 3),
                "path": ["limited"],
                "extensions": {"code": "RATE_LIMITED", "retryAfter": 30},
            }
        ],
    }


def test_our_own_failure_tells_a_request_id_and_nothing_else(
    probe: Api, caplog: pytest.LogCaptureFixture
) -> None:
    answer = probe("{ hello brokenOrNull }")
    request_id = answer["errors"][0]["extensions"]["requestId"]
    assert answer == {
        "data": {"hello": "hello", "brokenOrNull": None},
        "errors": [
            {
                "message": "An unexpected error occurred. Please try again later.",
                "locations": at(1, 9),
                "path": ["brokenOrNull"],
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
            }
        ],
    }
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in logged] == [
        f"Unexpected error at 'brokenOrNull', request {request_id}"
    ]
    assert logged[0].exc_info is not None
    assert str(logged[0].exc_info[1]) == "SELECT diagnosis FROM patient"


def test_an_answer_that_cannot_be_printed_is_our_own_failure(probe: Api) -> None:
    answer = probe("{ unprintable }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL_SERVER_ERROR"]


@pytest.mark.parametrize("document", ["{ hello", "{ goodbye }", "{ unauthenticated }"])
def test_a_clients_mistake_is_no_error_in_our_log(
    probe: Api, caplog: pytest.LogCaptureFixture, document: str
) -> None:
    probe(document)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
