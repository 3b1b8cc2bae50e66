"""What came back over HTTP, taken apart."""

import json
from typing import Any

from clinic.errors import MESSAGES, BookingErrorCode
from tests.support.api_client import Answer

KINDS = {BookingErrorCode.ROLE_REQUIRED: "PERMISSION", BookingErrorCode.BUSY: "ERROR"}
Response = Any  # the test client's response has no public type


def refusal(response: Response) -> tuple[int, str, str]:
    """Status, code and message of an answer that must hold one coded error and nothing else."""
    answer = json.loads(response.content)
    [error] = answer["errors"]
    assert answer == {"errors": [error]}
    assert error == {
        "message": error["message"],
        "extensions": {"code": error["extensions"]["code"]},
    }
    return response.status_code, error["extensions"]["code"], error["message"]


def refused(*messages: tuple[str | None, str, str]) -> dict[str, Any]:
    """The ``OperationInfo`` with these fields, codes and messages."""
    return {
        "__typename": "OperationInfo",
        "messages": [
            {"kind": "VALIDATION", "field": field, "code": code, "message": message}
            for field, code, message in messages
        ],
    }


def answer_of(answer: dict[str, Any]) -> Any:
    """The value of an answer's one root field, which must be free of errors."""
    [value] = answer["data"].values()
    assert answer == {"data": answer["data"]}
    return value


def error_of(answer: Answer) -> tuple[str, str]:
    """Code and message of the one error in an answer."""
    [error] = answer["errors"]
    return error["extensions"]["code"], error["message"]


def told(
    code: BookingErrorCode, field: str | None = None, message: str | None = None
) -> dict[str, Any]:
    """The whole ``OperationInfo`` of one refusal of a mutation."""
    said = {
        "kind": KINDS.get(code, "VALIDATION"),
        "field": field,
        "code": code.value,
        "message": message or str(MESSAGES[code]),
    }
    return {"__typename": "OperationInfo", "messages": [said]}
