"""Execute a document by its plan and by graphql-core, and require equal results."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from django.test import override_settings


@dataclass(frozen=True)
class Outcome:
    """A result in a form that can be compared with ``==``.

    ``text``: the data as JSON text, which shows the order of the keys. ``errors``: the message,
    path, locations and extensions of each error, and the exception behind it, because the message
    of an internal error is masked.
    """

    text: str
    errors: list[tuple[str, list[str | int] | None, Any, Any, str]]
    extensions: dict[str, Any] | None

    @property
    def data(self) -> Any:
        return json.loads(self.text)

    @property
    def causes(self) -> list[tuple[list[str | int] | None, str]]:
        """The path of each error and the exception behind it."""
        return [(path, cause) for _, path, _, _, cause in self.errors]


def execute_once(
    schema: strawberry.Schema,
    document: str,
    variables: Mapping[str, object] | None = None,
    *,
    planned: bool,
    root: object = None,
    context: object = None,
) -> Outcome:
    """Execute ``document`` by its plan, or by graphql-core."""
    with override_settings(PLANNED_EXECUTION=planned):
        result = schema.execute_sync(
            document,
            dict(variables) if variables is not None else None,
            root_value=root,
            context_value=context,
        )
    errors = [
        (
            error.message,
            error.path and list(error.path),
            error.locations,
            error.extensions,
            repr(error.original_error),
        )
        for error in result.errors or ()
    ]
    return Outcome(json.dumps(result.data), errors, result.extensions)


def execute_both(
    schema: strawberry.Schema,
    document: str,
    variables: Mapping[str, object] | None = None,
    *,
    root: Callable[[], object] = lambda: None,
    context: Callable[[], object] = lambda: None,
) -> Outcome:
    """Execute ``document`` without a plan and twice with one; return the one outcome.

    ``root`` and ``context`` make the root value and the context of an execution. The second
    execution uses the plan of the first, if it was kept.
    """
    expected, *found = (
        execute_once(schema, document, variables, planned=planned, root=root(), context=context())
        for planned in (False, True, True)
    )
    for outcome in found:
        assert outcome == expected, f"{document}\n{outcome}\n{expected}"
    return expected
