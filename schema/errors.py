"""GraphQL errors as clients see them: each with a code, and ours without their secrets.

Business answers ("this slot is taken") are data and never come here.
"""

import logging
import re
from collections.abc import Iterator
from enum import StrEnum

from graphql import GraphQLError, GraphQLSyntaxError, VariableDefinitionNode
from strawberry.relay import GlobalIDValueError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from clinic.refusals import RoleRequired
from users.tokens import TokenError

logger = logging.getLogger(__name__)


class ErrorCode(StrEnum):
    """The ``extensions.code`` values a client can switch on."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a code, no secret
    TOKEN_INVALID = "TOKEN_INVALID"  # noqa: S105 - a code, no secret
    FORBIDDEN = "FORBIDDEN"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    RATE_LIMITED = "RATE_LIMITED"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


AUTHENTICATION_CODES = frozenset(
    {ErrorCode.UNAUTHENTICATED, ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_INVALID}
)


class CodedError(GraphQLError):
    """A refusal the client is meant to read: its message and extensions travel as they are."""

    def __init__(self, code: ErrorCode, message: str, **extensions: object) -> None:
        super().__init__(message, extensions={"code": code.value, **extensions})
        self.code = code


def settle(errors: list[GraphQLError], *, executed: bool, request_id: str) -> None:
    """Give every error of a result its code, in place; log and mask what is our own fault.

    ``executed`` says whether the document got past parsing and validation.
    """
    for error in errors:
        extensions = dict(error.extensions or {})
        if "code" not in extensions:
            extensions["code"] = _code_of(error, executed=executed).value
        if extensions["code"] == ErrorCode.INTERNAL_SERVER_ERROR:
            extensions["requestId"] = request_id
            _log(error, request_id)
            error.message = "Something went wrong on our side."
        _forget_values(error)
        error.extensions = extensions


def _code_of(error: GraphQLError, *, executed: bool) -> ErrorCode:
    causes = list(_causes(error))
    if any(isinstance(cause, GraphQLSyntaxError) for cause in causes):
        return ErrorCode.GRAPHQL_PARSE_FAILED
    for cause in causes:
        if isinstance(cause, CodedError):
            return cause.code
        if isinstance(cause, TokenError):
            return ErrorCode(cause.code)
        if isinstance(cause, RoleRequired):
            return ErrorCode.FORBIDDEN
        if isinstance(cause, CannotGetOperationTypeError | InvalidOperationTypeError):
            return ErrorCode.BAD_USER_INPUT
        if isinstance(cause, GlobalIDValueError):
            error.message = "This id is malformed."
            return ErrorCode.BAD_USER_INPUT
    if any(not isinstance(cause, GraphQLError) for cause in causes):
        return ErrorCode.INTERNAL_SERVER_ERROR
    if not executed:
        return ErrorCode.GRAPHQL_VALIDATION_FAILED
    # Variables are refused before any field runs; an argument, with its place in
    # the document. A scalar that cannot print our own value has neither.
    refused_input = error.path is None or bool(_innermost(causes).nodes)
    return ErrorCode.BAD_USER_INPUT if refused_input else ErrorCode.INTERNAL_SERVER_ERROR


def _forget_values(error: GraphQLError) -> None:
    """Say which variable was refused and why, without repeating what was in it.

    graphql-core quotes the whole input, passwords included, and front ends
    send error messages on to their own logs.
    """
    reason = error.original_error
    definition = error.nodes[0] if error.nodes else None
    if not isinstance(definition, VariableDefinitionNode) or not isinstance(reason, GraphQLError):
        return
    quoted = error.message.removesuffix(f"; {reason.message}")
    place = re.search(r" at '[\w.\[\]]+'$", quoted)
    why = re.sub(r"( cannot represent [\w -]+): .*", r"\1.", reason.message, flags=re.DOTALL)
    why = re.sub(r"^Value '.*' does not exist in", "The value does not exist in", why)
    where = place.group() if place else ""
    error.message = f"Variable '${definition.variable.name.value}' was refused{where}: {why}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.original_error if isinstance(error, GraphQLError) else None


def _innermost(causes: list[BaseException]) -> GraphQLError:
    innermost = causes[-1]
    assert isinstance(innermost, GraphQLError)  # noqa: S101 - the caller has seen to it
    return innermost


def _log(error: GraphQLError, request_id: str) -> None:
    path = ".".join(map(str, error.path or ()))
    logger.error(
        "Unexpected error at %r, request %s",
        path,
        request_id,
        exc_info=error.original_error or error,
    )
