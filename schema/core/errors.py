"""GraphQL errors as clients see them: each with a code, internal errors without details.

Domain errors ("this slot is taken") are returned as data and are not handled here.
"""

import logging
import re
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum

import orjson
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext_lazy as _
from graphql import GraphQLError, GraphQLSyntaxError, VariableDefinitionNode
from strawberry.relay import GlobalIDValueError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from clinic.errors import RoleRequired
from users.authentication.access_tokens import TokenError
from users.common import metrics
from users.common.rate_limits import RateLimiterUnavailable, RateLimitExceeded
from users.common.request_record import Failure, current_record, operation_name
from users.common.transactions import TransactionConflict
from users.errors import StorageUnavailable

logger = logging.getLogger(__name__)


class ErrorCode(StrEnum):
    """The values of ``extensions.code``."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a code, no secret
    TOKEN_INVALID = "TOKEN_INVALID"  # noqa: S105 - a code, no secret
    FORBIDDEN = "FORBIDDEN"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    OTP_REQUIRED = "OTP_REQUIRED"
    OTP_INVALID = "OTP_INVALID"
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
    ErrorCode.INTERNAL_SERVER_ERROR: _("An unexpected error occurred. Please try again later."),
    ErrorCode.SERVICE_UNAVAILABLE: _("Service temporarily unavailable. Please try again."),
}
# The last message of graphql-core when it stops after a hundred errors.
TRUNCATION_MESSAGES = ("Too many validation errors", "Too many errors processing variables")
AUTHENTICATION_CODES = frozenset(
    {ErrorCode.UNAUTHENTICATED, ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_INVALID}
)


class CodedError(GraphQLError):
    """An error meant for the client: message and extensions are sent unchanged."""

    def __init__(self, code: ErrorCode, message: str, **extensions: object) -> None:
        super().__init__(message, extensions={"code": code.value, **extensions})
        self.code = code

    def response_body(self) -> bytes:
        """Return the JSON body of the response to a request that was rejected unparsed."""
        return orjson.dumps({"errors": [self.formatted]})


def normalize_errors(errors: list[GraphQLError], *, executed: bool, request_id: str) -> None:
    """Set the code of every error in the list; log internal errors and mask their messages.

    They are logged with their request, or in one line if there is none, as over a WebSocket.
    ``executed``: whether the document passed parsing and validation. Modifies the errors.
    """
    failures = []
    for error in errors:
        extensions = dict(error.extensions or {})
        if "code" not in extensions:
            extensions["code"] = _code_of(error, executed=executed).value
        if isinstance(error.original_error, RateLimitExceeded):
            extensions["retryAfter"] = error.original_error.retry_after
        message = MASKED_MESSAGES.get(extensions["code"])
        # Strawberry can call this twice for the same errors.
        if message and "requestId" not in extensions:
            extensions["requestId"] = request_id
            path = ".".join(map(str, error.path or ()))
            failures.append(Failure(path, error.original_error or error))
            error.message = str(message)
        _redact_variable_values(error)
        error.extensions = extensions
    _log(failures)


def count_errors(codes: Iterable[str]) -> None:
    """Count the errors of a response by their codes, and add these to the line of the request."""
    record = current_record.get()
    for code in codes:
        metrics.count_error(code)
        if record is not None:
            record.error_codes.append(code)


def outcome_of(codes: Collection[str]) -> metrics.Outcome:
    """Return the outcome of an operation from the codes of its errors.

    ``error`` if the server failed, ``rejected`` if all errors are those of the client.
    """
    if any(code in MASKED_MESSAGES for code in codes):
        return "error"
    return "rejected" if codes else "ok"


def deduplicate_errors(errors: list[GraphQLError]) -> None:
    """Drop validation errors that differ only in the quoted name, keeping the first.

    A document with a thousand unknown fields would otherwise get a thousand errors. Errors
    with a path explain a null in the data and are kept. Modifies the list.
    """
    kinds: dict[str, GraphQLError] = {}
    for error in errors:
        if error.message.startswith(TRUNCATION_MESSAGES) and kinds:
            continue
        kind = error.path or re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "", error.message)
        kinds.setdefault(str(kind), error)
    errors[:] = kinds.values()


def has_suggestion(error: GraphQLError) -> bool:
    """Whether the message suggests names of the schema ("Did you mean …?")."""
    return SUGGESTION.search(error.message) is not None


def strip_suggestions(errors: list[GraphQLError]) -> None:
    """Remove the suggestions from graphql-core's messages. Modifies the errors."""
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
    # Errors in variables have no path; errors in an argument have the argument's node.
    # A scalar that cannot serialize a value of ours has a path and no node.
    is_input_error = error.path is None or bool(_innermost(causes).nodes)
    return ErrorCode.BAD_USER_INPUT if is_input_error else ErrorCode.INTERNAL_SERVER_ERROR


def _own_code(cause: BaseException) -> ErrorCode | None:
    match cause:
        case GraphQLSyntaxError():
            # The parser's message for too many tokens and for too deep nesting.
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
            OperationalError()
            | InterfaceError()
            | RateLimiterUnavailable()
            | StorageUnavailable()
            | TransactionConflict()
        ):
            return ErrorCode.SERVICE_UNAVAILABLE
        case CannotGetOperationTypeError() | InvalidOperationTypeError():
            return ErrorCode.BAD_USER_INPUT
    return None


def _redact_variable_values(error: GraphQLError) -> None:
    """Reword an error in a variable so that it names the variable and the reason, not the value.

    graphql-core quotes the whole input, passwords included, and front ends log the
    messages of errors.
    """
    reason = error.original_error
    definition = error.nodes[0] if error.nodes else None
    if not isinstance(definition, VariableDefinitionNode) or not isinstance(reason, GraphQLError):
        return
    quoted = error.message.removesuffix(f"; {reason.message}")
    location = re.search(r" at '[\w.\[\]]+'$", quoted)
    text = re.sub(r"( cannot represent [\w -]+): .*", r"\1.", reason.message, flags=re.DOTALL)
    text = re.sub(r"^Value '.*' does not exist in", "The value does not exist in", text)
    path = location.group() if location else ""
    error.message = f"Variable '${definition.variable.name.value}' is invalid{path}: {text}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.original_error if isinstance(error, GraphQLError) else None


def _innermost(causes: list[BaseException]) -> GraphQLError:
    innermost = causes[-1]
    assert isinstance(innermost, GraphQLError)  # noqa: S101 - checked by the caller
    return innermost


def _log(failures: list[Failure]) -> None:
    record = current_record.get()
    if record is not None:
        record.failures.extend(failures)
    elif failures:
        paths = [failure.path for failure in failures]
        fields = {"operation": operation_name.get()[:100], "failed_at": paths}
        logger.error("unexpected error", exc_info=failures[0].error, extra=fields)
