"""Helpers for input types and arguments.

An input type that becomes a domain object has one method for it, named after the
result: ``request()``, ``interval()``, ``changes()``.
"""

from typing import Annotated, Any

import strawberry
from strawberry import UNSET

Email = Annotated[
    str,
    strawberry.argument(description="Email address of the account, case-insensitive."),
]


def sent_fields(input_: object) -> dict[str, Any]:
    """Return the fields of ``input_`` that the client sent, including those sent as null."""
    return {name: value for name, value in vars(input_).items() if value is not UNSET}
