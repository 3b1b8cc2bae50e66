"""One line for each request, also if it fails: with what failed, and without values of people."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from tests.support.failing_app import VALUE
from tests.support.log_lines import LogLine, without_varying, written_lines

pytestmark = pytest.mark.django_db
REQUEST_ID = "front-end_7.f"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
SENT = {"X-Request-ID": REQUEST_ID, "traceparent": PARENT}
DUPLICATE = {
    "postgresql": {
        "database_code": "23505",
        "database_message": 'duplicate key value violates unique constraint "auth_group_name_key"',
    },
    "mysql": {"database_code": "1062"},
    "sqlite": {"database_code": "SQLITE_CONSTRAINT_UNIQUE"},
}
# PostgreSQL's class 22: its message would quote the value.
FAULTY_VALUE = {
    "postgresql": ({"database_code": "22P02"}, "DataError"),
    "mysql": ({"database_code": "1366"}, "OperationalError"),
    "sqlite": ({"database_code": "SQLITE_ERROR"}, "OperationalError"),
}


@pytest.fixture(autouse=True)
def _failing_app(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.support.failing_app"


def exchange(path: str, body: object = None, **headers: str) -> tuple[int, list[LogLine]]:
    """Send a request (POST with a body); return the status and the log lines, without times."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    with written_lines() as lines:
        if body is None:
            response: Any = client.get(path, headers=headers)
        else:
            response = client.post(path, body, content_type="application/json", headers=headers)
    assert VALUE not in json.dumps(lines)
    return response.status_code, list(map(without_varying, lines))


def line(**fields: object) -> LogLine:
    """Return the line of a request with the IDs of ``SENT``, with some other fields."""
    return {
        "level": "INFO",
        "logger": "cybermed.request",
        "request_id": REQUEST_ID,
        "trace_id": TRACE_ID,
        "message": "request",
        "method": "POST",
        "route": "graphql/",
        "status": 200,
        "operation": "",
        "statements": 0,
        "user_id": "",
        **fields,
    }


def test_request_log_has_one_line_for_an_exception_of_a_view() -> None:
    expected = line(
        level="ERROR",
        method="GET",
        route="broken/<str:name>",
        status=500,
        statements=5,
        exception="IntegrityError",
        **DUPLICATE[connection.vendor],
    )
    assert exchange(f"/broken/{VALUE}", **SENT) == (500, [expected])


def test_request_log_has_one_line_for_an_operation_with_an_internal_error() -> None:
    expected = line(
        level="ERROR",
        operation="Twice",
        statements=10,
        error_codes=["INTERNAL_SERVER_ERROR"],
        failed_at=["first", "second"],
        exception="IntegrityError",
        **DUPLICATE[connection.vendor],
    )
    query = "query Twice { first: duplicate second: duplicate }"
    assert exchange("/graphql/", {"query": query}, **SENT) == (200, [expected])


def test_request_log_leaves_out_messages_of_the_database_that_quote_values() -> None:
    words, exception = FAULTY_VALUE[connection.vendor]
    status, lines = exchange("/graphql/", {"query": "query Cast { cast }"}, **SENT)
    internal = "SERVICE_UNAVAILABLE" if exception == "OperationalError" else "INTERNAL_SERVER_ERROR"
    expected = line(
        level="ERROR",
        operation="Cast",
        statements=4,
        error_codes=[internal],
        failed_at=["cast"],
        exception=exception,
        **words,
    )
    assert (status, lines) == (200, [expected])


def test_request_log_has_the_codes_of_a_rejected_operation() -> None:
    body = {"query": "query Unknown { nothing }"}
    expected = line(operation="Unknown", error_codes=["GRAPHQL_VALIDATION_FAILED"])
    assert exchange("/graphql/", body, **SENT) == (200, [expected])


def test_request_log_has_one_line_for_an_unknown_url() -> None:
    expected = line(level="WARNING", method="GET", route="", status=404)
    assert exchange(f"/{VALUE}/", **SENT) == (404, [expected])


def test_request_log_has_the_reason_of_a_rejected_host() -> None:
    expected = line(level="WARNING", method="GET", route="", status=400, reason="DisallowedHost")
    assert exchange("/", Host=f"{VALUE}.example.org", **SENT) == (400, [expected])


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("", "CSRF cookie not set."),
        (f"https://{VALUE}", "Origin checking failed - … does not match any trusted origins."),
    ],
)
def test_request_log_has_the_reason_of_a_failed_csrf_check(origin: str, reason: str) -> None:
    headers = {**SENT, **({"Origin": origin} if origin else {})}
    expected = line(level="WARNING", route="broken/<str:name>", status=403, reason=reason)
    assert exchange("/broken/1", {}, **headers) == (403, [expected])


@pytest.mark.parametrize(
    "header", ["x" * 64, "A-b_c.9", "0123456789abcdef0123456789abcdef", "1-67891233-abcdef012345"]
)
def test_request_id_of_a_client_is_kept(header: str) -> None:
    with written_lines() as lines:
        response = Client().get("/", headers={"X-Request-ID": header})
    assert (response["X-Request-ID"], [each["request_id"] for each in lines]) == (header, [header])


@pytest.mark.parametrize("header", ["", "x" * 65, "a b", "a\tb", "ä", "<script>", '{"a":1}', "a,b"])
def test_unusual_request_id_of_a_client_is_replaced(header: str) -> None:
    with written_lines() as lines:
        response = Client().get("/", headers={"X-Request-ID": header})
    [request_id] = [each["request_id"] for each in lines]
    assert response["X-Request-ID"] == request_id != header
    assert len(request_id) == 32


@pytest.mark.parametrize(
    ("header", "trace_id"),
    [
        (PARENT, TRACE_ID),
        (f"00-{TRACE_ID}-00f067aa0ba902b7-00", TRACE_ID),
        (f"01-{TRACE_ID}-00f067aa0ba902b7-01-later", TRACE_ID),
        ("", ""),
        (f"00-{TRACE_ID}-00f067aa0ba902b7-01-later", ""),
        (f"01-{TRACE_ID}-00f067aa0ba902b7-01later", ""),
        (f"ff-{TRACE_ID}-00f067aa0ba902b7-01", ""),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", ""),
        (f"00-{TRACE_ID}-{'0' * 16}-01", ""),
        (f"00-{TRACE_ID.upper()}-00f067aa0ba902b7-01", ""),
        (f"00-{TRACE_ID}-00f067aa0ba902b7", ""),
        (f"{PARENT}, {PARENT}", ""),
        (f"{PARENT}\t", TRACE_ID),
        (TRACE_ID, ""),
    ],
)
def test_trace_id_of_a_valid_traceparent_is_logged(header: str, trace_id: str) -> None:
    with written_lines() as lines:
        Client().get("/", headers={"traceparent": header.strip()})
    assert [each["trace_id"] for each in lines] == [trace_id]


def test_trace_id_is_not_that_of_an_earlier_request() -> None:
    with written_lines() as lines:
        Client().get("/", headers={"traceparent": PARENT})
        Client().get("/")
    assert [each["trace_id"] for each in lines] == [TRACE_ID, ""]
