"""Take GraphQL responses apart, and build the ones that tests expect."""

import json
from typing import Any

from clinic.errors import MESSAGES, BookingErrorCode
from tests.support.api_client import GraphQLResult

KINDS = {BookingErrorCode.ROLE_REQUIRED: "PERMISSION", BookingErrorCode.BUSY: "ERROR"}
Response = Any  # the test client's response has no public type


def root_value(result: dict[str, Any]) -> Any:
    """Return the value of the result's only root field. Fail if there are errors."""
    [value] = result["data"].values()
    assert result == {"data": result["data"]}
    return value


def http_error(response: Response) -> tuple[int, str, str]:
    """Return status, code and message of a response that holds one coded error and nothing else."""
    result = json.loads(response.content)
    code, message = single_error(result)
    assert result == error_result(code, message)
    return response.status_code, code, message


def single_error(result: GraphQLResult) -> tuple[str, str]:
    """Return code and message of the result's only error."""
    [error] = result["errors"]
    return error["extensions"]["code"], error["message"]


def error_code(result: GraphQLResult) -> str:
    """Return the code of the result's only error."""
    return single_error(result)[0]


def error_result(code: str, message: str, **location: object) -> GraphQLResult:
    """Build a result without data and with one error; ``location``: its path and locations."""
    return {"errors": [{"message": message, **location, "extensions": {"code": code}}]}


def operation_info(
    code: BookingErrorCode, field: str | None = None, message: str | None = None
) -> dict[str, Any]:
    """Build the ``OperationInfo`` with one message; the default text is that of the code."""
    info = {
        "kind": KINDS.get(code, "VALIDATION"),
        "field": field,
        "code": code.value,
        "message": message or str(MESSAGES[code]),
    }
    return {"__typename": "OperationInfo", "messages": [info]}


def validation_info(*messages: tuple[str | None, str, str]) -> dict[str, Any]:
    """Build the ``OperationInfo`` with these validation messages: field, code, message."""
    return {
        "__typename": "OperationInfo",
        "messages": [
            {"kind": "VALIDATION", "field": field, "code": code, "message": message}
            for field, code, message in messages
        ],
    }
