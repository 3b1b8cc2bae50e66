import logging

import pytest

from tests.support.api_client import Api
from tests.support.graphql_responses import error_result


def at(line: int, column: int) -> list[dict[str, int]]:
    return [{"line": line, "column": column}]


def test_normalize_errors_codes_a_syntax_error(probe: Api) -> None:
    assert probe("{ hello ") == error_result(
        "GRAPHQL_PARSE_FAILED", "Syntax Error: Expected Name, found <EOF>.", locations=at(1, 9)
    )


def test_normalize_errors_codes_a_document_nested_too_deeply(probe: Api) -> None:
    answer = probe("{a" * 20_000)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["QUERY_TOO_COMPLEX"]


def test_normalize_errors_codes_an_unknown_field(probe: Api) -> None:
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
def test_normalize_errors_codes_a_missing_variable(
    probe: Api, variables: dict[str, None], message: str
) -> None:
    assert probe("query ($of: Date!) { date(of: $of) }", variables) == error_result(
        "BAD_USER_INPUT", message, locations=at(1, 8)
    )


def test_normalize_errors_does_not_quote_an_invalid_variable(probe: Api) -> None:
    answer = probe("query ($times: Int!) { hello(times: $times) }", {"times": "secret; at 'x'"})
    assert answer == error_result(
        "BAD_USER_INPUT",
        "Variable '$times' is invalid: Int cannot represent non-integer value.",
        locations=at(1, 8),
    )


def test_normalize_errors_codes_null_for_an_argument_with_default(probe: Api) -> None:
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


def test_normalize_errors_codes_a_malformed_id(probe: Api) -> None:
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


def test_normalize_errors_keeps_message_and_extensions_of_coded_error(probe: Api) -> None:
    assert probe("{ limited }") == {
        "data": None,
        "errors": [
            {
                "message": "Too many attempts.",
                "locations": at(1, 3),
                "path": ["limited"],
                "extensions": {"code": "RATE_LIMITED", "retryAfter": 30},
            }
        ],
    }


def test_normalize_errors_masks_an_internal_error_and_logs_it(
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
    assert [
        (record.getMessage(), record.__dict__["failed_at"], record.__dict__["correlation_id"])
        for record in logged
    ] == [("request", ["brokenOrNull"], request_id)]
    assert logged[0].exc_info is not None
    assert str(logged[0].exc_info[1]) == "SELECT diagnosis FROM patient"


def test_normalize_errors_codes_an_unserializable_value_as_internal(probe: Api) -> None:
    answer = probe("{ unprintable }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL_SERVER_ERROR"]


@pytest.mark.parametrize("document", ["{ hello", "{ goodbye }", "{ unauthenticated }"])
def test_normalize_errors_logs_no_client_errors(
    probe: Api, caplog: pytest.LogCaptureFixture, document: str
) -> None:
    probe(document)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
