"""GraphQL over HTTP, after https://graphql.github.io/graphql-over-http/draft/."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, cast

import orjson
from cross_web import HTTPException
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from strawberry.django.views import GraphQLView as StockGraphQLView
from strawberry.django.views import TemporalHttpResponse
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from typing_extensions import override

from schema.core.context import Context
from schema.core.errors import (
    AUTHENTICATION_CODES,
    CodedError,
    ErrorCode,
    count_errors,
    outcome_of,
)
from schema.extensions.operation_rules import OperationNameRequired
from schema.transport import graphiql
from schema.transport.persisted_documents import resolve_document, store_document
from schema.transport.requests import MULTIPART, content_length, http_error, read_operation
from users.authentication.middleware import TokenRequest
from users.avatars import services as avatars
from users.common import metrics, rate_limits
from users.common.client_ip import client_key
from users.common.rate_limits import RateLimitExceeded, Throttle
from users.common.request_costs import RequestMeter
from users.common.request_record import operation_name

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
RESPONSE_TYPES = {
    GRAPHQL_RESPONSE: GRAPHQL_RESPONSE,
    JSON: JSON,
    "application/*": JSON,
    "*/*": JSON,
}
DOCUMENT_PARAMS = {"query", "documentId", "extensions"}
OPERATION_TYPES = {
    "GET": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}
STATUS_OF_CODE = {
    ErrorCode.INTERNAL_SERVER_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
    ErrorCode.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
}


class ResponseHeaders(TemporalHttpResponse):
    """The status and headers that an operation sets; without a body, which is never sent."""

    def __init__(self, content_type: str) -> None:
        # Not that of JsonResponse, which encodes an empty object.
        HttpResponse.__init__(self, content_type=content_type)


class GraphQLView(StockGraphQLView[Context, None]):
    """The GraphQL endpoint. Without CSRF check, because it does not use cookies."""

    meter: RequestMeter
    has_run = False

    @override
    @classmethod
    def as_view(cls, **options: Any) -> Callable[..., HttpResponseBase]:
        # As a decorator of dispatch(), it would be applied again for each request.
        return csrf_exempt(super().as_view(**options))

    @override
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = self.run_metered(request)
        except RateLimitExceeded as error:
            code, retry_after = ErrorCode.RATE_LIMITED, error.retry_after
            coded = CodedError(code, str(error), retryAfter=retry_after)
            response = self.error_response(request, coded, HTTPStatus.TOO_MANY_REQUESTS)
            response["Retry-After"] = retry_after
        except HTTPException as error:
            coded = CodedError(ErrorCode.BAD_USER_INPUT, error.reason)
            response = self.error_response(request, coded, error.status_code)
            if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
                response["Allow"] = "POST" if request.method == "GET" else "GET, POST"
        response["Cache-Control"] = "no-store"
        patch_vary_headers(response, ["Accept", "Authorization"])
        return response

    def run_metered(self, request: HttpRequest) -> HttpResponseBase:
        """Charge the request and run its operation. Raises RateLimitExceeded and HTTPException."""
        account = cast("TokenRequest", request).token_user.subject
        self.meter = RequestMeter(client=client_key(request), user_id=account)
        self.meter.admit(content_length(request))
        if account and request.content_type == MULTIPART:
            # The upload checks both again. Parsing a form of 6 MB would take its time first.
            rate_limits.peek(Throttle.UPLOADS_PER_USER, account)
            avatars.require_free_processor()
        try:
            return self.run(request=request)
        finally:
            if self.has_run:
                self.meter.settle()

    def error_response(self, request: HttpRequest, error: CodedError, status: int) -> HttpResponse:
        """Return the response to a request that is rejected before its operation runs."""
        count_errors([error.code])
        metrics.count_operation("", outcome_of([error.code]))
        return HttpResponse(
            error.response_body(),
            status=status,
            content_type=f"{media_type_for(request) or JSON}; charset=utf-8",
        )

    @override
    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        if request.method != "GET":
            return False
        # Browsers accept text/html; other clients send `*/*` at most.
        accepts_html = "text/html" in request.headers.get("Accept", "")
        has_document = not DOCUMENT_PARAMS.isdisjoint(request.query_params)
        # With trusted documents, a document typed into GraphiQL is never registered.
        accepts_documents = settings.TRUSTED_DOCUMENTS is None
        return accepts_html and accepts_documents and not has_document

    @override
    def render_graphql_ide(self, request: HttpRequest) -> HttpResponse:
        return cast("HttpResponse", graphiql.page(request))

    @override
    def get_context(self, request: HttpRequest, response: HttpResponse) -> Context:
        context = Context(request=cast("TokenRequest", request), response=response)
        context.meter = self.meter
        return context

    @override
    def get_sub_response(self, request: HttpRequest) -> TemporalHttpResponse:
        media_type = media_type_for(request)
        if media_type is None:
            raise http_error(
                f"Responses are available as {GRAPHQL_RESPONSE} or {JSON} only.",
                HTTPStatus.NOT_ACCEPTABLE,
            )
        return ResponseHeaders(f"{media_type}; charset=utf-8")

    @override
    def execute_operation(
        self,
        request: HttpRequest,
        context: Context,
        root_value: None,
        sub_response: TemporalHttpResponse,
    ) -> ExecutionResult:
        operation = read_operation(request)
        try:
            result = self.run_document(resolve_document(operation), operation, context)
        except CodedError as error:
            result = ExecutionResult(data=None, errors=[error])
        codes = _codes(result)
        count_errors(codes)
        metrics.count_operation(operation_name.get(), outcome_of(codes))
        if not is_request_error(result):
            store_document(operation, address=client_key(request))
        if GRAPHQL_RESPONSE in sub_response["Content-Type"]:
            sub_response.status_code = status_of(result)
        if sub_response.status_code == HTTPStatus.UNAUTHORIZED:
            sub_response["WWW-Authenticate"] = "JWT"
        return result

    def run_document(
        self, text: str, operation: GraphQLRequestData, context: Context
    ) -> ExecutionResult:
        """Run the operation. Raises HTTPException if the document does not contain it."""
        self.has_run = True
        try:
            return self.schema.execute_sync(
                text,
                variable_values=operation.variables,
                context_value=context,
                operation_name=operation.operation_name,
                allowed_operation_types=OPERATION_TYPES[str(context.request.method)],
                operation_extensions=operation.extensions,
            )
        except OperationNameRequired as error:
            raise http_error(error.as_http_error_reason()) from error
        except CannotGetOperationTypeError as error:
            raise http_error("The document does not contain this operation.") from error
        except InvalidOperationTypeError as error:
            raise _wrong_method(error.operation_type) from error

    @override
    def encode_json(self, data: object) -> bytes:
        """Return compact JSON in UTF-8, without escapes for characters beyond ASCII."""
        return orjson.dumps(data)

    @override
    def process_result(self, request: HttpRequest, result: ExecutionResult) -> GraphQLHTTPResponse:
        response = super().process_result(request, result)
        if is_request_error(result):
            # The specification forbids `data`, even null, in the response to a request error.
            del response["data"]
        return response


def _wrong_method(operation_type: OperationType) -> HTTPException:
    if operation_type is OperationType.SUBSCRIPTION:
        return http_error("Subscriptions need a WebSocket.")
    return http_error("A mutation must be sent by POST.", HTTPStatus.METHOD_NOT_ALLOWED)


def media_type_for(request: HttpRequest) -> str | None:
    """Return the media type of the response, the first accepted one; None if none is accepted.

    A header without a media type accepts all, as no header does.
    """
    if not request.headers.get("Accept", "").strip(", \t"):
        return JSON
    accepted = (f"{a.main_type}/{a.sub_type}" for a in request.accepted_types)
    return next((RESPONSE_TYPES[type_] for type_ in accepted if type_ in RESPONSE_TYPES), None)


def is_request_error(result: ExecutionResult) -> bool:
    """Whether the request failed before any field was resolved."""
    return result.data is None and all(error.path is None for error in result.errors or ())


def status_of(result: ExecutionResult) -> int:
    """Return the HTTP status for application/graphql-response+json.

    Responses of type application/json have the status 200, which the caller sets.
    """
    codes = set(_codes(result))
    if codes and codes <= AUTHENTICATION_CODES and not any(_values(result)):
        return HTTPStatus.UNAUTHORIZED
    if codes == {ErrorCode.SERVICE_UNAVAILABLE} and not any(_values(result)):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if not is_request_error(result):
        return HTTPStatus.OK
    known = (status for code, status in STATUS_OF_CODE.items() if code in codes)
    return next(known, HTTPStatus.BAD_REQUEST)


def _codes(result: ExecutionResult) -> list[str]:
    return [error.extensions["code"] for error in result.errors or () if error.extensions]


def _values(result: ExecutionResult) -> Iterable[object]:
    return (value is not None for value in (result.data or {}).values())
