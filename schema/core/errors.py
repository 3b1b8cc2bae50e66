"""GraphQL errors as clients see them: each with a code, and ours without their secrets.

Business answers ("this slot is taken") are data and never come here.
"""

import logging
import re
from collections.abc import Iterator
from enum import StrEnum

from django.db import InterfaceError, OperationalError
from graphql import GraphQLError, GraphQLSyntaxError, VariableDefinitionNode
from strawberry.relay import GlobalIDValueError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from clinic.errors import RoleRequired
from users.authentication.access_tokens import TokenError
from users.common.rate_limits import RateLimiterUnavailable, RateLimitExceeded
from users.common.transactions import TransactionConflict

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
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    PERSISTED_QUERY_NOT_IN_LIST = "PERSISTED_QUERY_NOT_IN_LIST"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


SUGGESTION = re.compile(r" Did you mean .*\?", re.DOTALL)
MASKED_MESSAGES = {
    ErrorCode.INTERNAL_SERVER_ERROR: "Something went wrong on our side.",
    ErrorCode.SERVICE_UNAVAILABLE: "The service is not available just now. Try again shortly.",
}
# What graphql-core adds once it has found a hundred errors.
TRUNCATION_MESSAGES = ("Too many validation errors", "Too many errors processing variables")
AUTHENTICATION_CODES = frozenset(
    {ErrorCode.UNAUTHENTICATED, ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_INVALID}
)


class CodedError(GraphQLError):
    """A refusal the client is meant to read: its message and extensions travel as they are."""

    def __init__(self, code: ErrorCode, message: str, **extensions: object) -> None:
        super().__init__(message, extensions={"code": code.value, **extensions})
        self.code = code


def normalize_errors(errors: list[GraphQLError], *, executed: bool, request_id: str) -> None:
    """Give every error of a result its code, in place; log and mask what is our own fault.

    ``executed`` says whether the document got past parsing and validation.
    """
    for error in errors:
        extensions = dict(error.extensions or {})
        if "code" not in extensions:
            extensions["code"] = _code_of(error, executed=executed).value
        if isinstance(error.original_error, RateLimitExceeded):
            extensions["retryAfter"] = error.original_error.retry_after
        if message := MASKED_MESSAGES.get(extensions["code"]):
            extensions["requestId"] = request_id
            _log(error, request_id)
            error.message = message
        _redact_variable_values(error)
        error.extensions = extensions


def deduplicate_errors(errors: list[GraphQLError]) -> None:
    """Leave the first of those request errors that differ only in the names they quote, in place.

    A thousand unknown fields are one mistake made a thousand times. An error with a
    path explains a null of the answer, and stays.
    """
    kinds: dict[str, GraphQLError] = {}
    for error in errors:
        if error.message.startswith(TRUNCATION_MESSAGES) and kinds:
            continue
        kind = error.path or re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "", error.message)
        kinds.setdefault(str(kind), error)
    errors[:] = kinds.values()


def has_suggestion(error: GraphQLError) -> bool:
    """Whether it suggests names that the client did not send."""
    return SUGGESTION.search(error.message) is not None


def strip_suggestions(errors: list[GraphQLError]) -> None:
    """Take the suggestions out of graphql-core's messages."""
    for error in errors:
        error.message = SUGGESTION.sub("", error.message)


def _code_of(error: GraphQLError, *, executed: bool) -> ErrorCode:
    causes = list(_causes(error))
    for cause in causes:
        if code := _own_code(cause):
            return code
    if any(isinstance(cause, GlobalIDValueError) for cause in causes):
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


def _own_code(cause: BaseException) -> ErrorCode | None:
    match cause:
        case GraphQLSyntaxError():
            # What the parser says of too many tokens, and of too deep a nesting.
            too_large = cause.message.endswith("Parsing aborted.")
            return ErrorCode.QUERY_TOO_COMPLEX if too_large else ErrorCode.GRAPHQL_PARSE_FAILED
        case CodedError():
            return cause.code
        case RateLimitExceeded():
            return ErrorCode.RATE_LIMITED
        case TokenError():
            return ErrorCode(cause.code)
        case RoleRequired():
            return ErrorCode.FORBIDDEN
        case (
            OperationalError() | InterfaceError() | RateLimiterUnavailable() | TransactionConflict()
        ):
            return ErrorCode.SERVICE_UNAVAILABLE
        case CannotGetOperationTypeError() | InvalidOperationTypeError():
            return ErrorCode.BAD_USER_INPUT
    return None


def _redact_variable_values(error: GraphQLError) -> None:
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
