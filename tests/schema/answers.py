"""What came back over HTTP, taken apart."""

import json
from typing import Any

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
