"""GraphQL over HTTP, as https://graphql.github.io/graphql-over-http/draft/ has it."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, cast

from cross_web import HTTPException
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
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
from schema.core.errors import AUTHENTICATION_CODES, CodedError, ErrorCode
from schema.extensions.operation_rules import OperationNameRequired
from schema.transport import graphiql
from schema.transport.persisted_documents import resolve_document, store_document
from schema.transport.requests import http_error, read_operation
from users.authentication.middleware import TokenRequest
from users.common import rate_limits
from users.common.client_ip import client_key
from users.common.rate_limits import RateLimitExceeded

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


@method_decorator(csrf_exempt, name="dispatch")
class GraphQLView(StockGraphQLView[Context, None]):
    """The endpoint. No cookie is ever honoured here, so no CSRF token is asked for."""

    @override
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            account = cast("TokenRequest", request).token_user.subject
            rate_limits.consume_request(client=client_key(request), user_id=account)
            response = self.run(request=request)
        except RateLimitExceeded as refusal:
            response = self.too_many(request, refusal)
        except HTTPException as refusal:
            response = self.refusal(request, refusal)
        response["Cache-Control"] = "no-store"
        patch_vary_headers(response, ["Accept", "Authorization"])
        return response

    def refusal(self, request: HttpRequest, refusal: HTTPException) -> HttpResponse:
        error = CodedError(ErrorCode.BAD_USER_INPUT, refusal.reason)
        response = HttpResponse(
            self.encode_json({"errors": [error.formatted]}),
            status=refusal.status_code,
            content_type=f"{media_type_for(request) or JSON}; charset=utf-8",
        )
        if refusal.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response["Allow"] = "POST" if request.method == "GET" else "GET, POST"
        return response

    def too_many(self, request: HttpRequest, refusal: RateLimitExceeded) -> HttpResponse:
        retry_after = refusal.retry_after
        error = CodedError(ErrorCode.RATE_LIMITED, str(refusal), retryAfter=retry_after)
        response = HttpResponse(
            self.encode_json({"errors": [error.formatted]}),
            status=HTTPStatus.TOO_MANY_REQUESTS,
            content_type=f"{media_type_for(request) or JSON}; charset=utf-8",
        )
        response["Retry-After"] = retry_after
        return response

    @override
    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        # Browsers name text/html; `*/*` alone is a program.
        asks_for_a_page = "text/html" in request.headers.get("Accept", "")
        is_bare = DOCUMENT_PARAMS.isdisjoint(request.query_params)
        # Nothing that is typed there would be a registered document.
        is_of_use = settings.TRUSTED_DOCUMENTS is None
        return request.method == "GET" and is_bare and asks_for_a_page and is_of_use

    @override
    def render_graphql_ide(self, request: HttpRequest) -> HttpResponse:
        return cast("HttpResponse", graphiql.page(request))

    @override
    def get_context(self, request: HttpRequest, response: HttpResponse) -> Context:
        return Context(request=cast("TokenRequest", request), response=response)

    @override
    def get_sub_response(self, request: HttpRequest) -> TemporalHttpResponse:
        media_type = media_type_for(request)
        if media_type is None:
            raise http_error(
                f"Answers come as {GRAPHQL_RESPONSE} or {JSON}.", HTTPStatus.NOT_ACCEPTABLE
            )
        response = super().get_sub_response(request)
        response["Content-Type"] = f"{media_type}; charset=utf-8"
        return response

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
        except CodedError as refusal:
            result = ExecutionResult(data=None, errors=[refusal])
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
        """Run one operation of ``text``. Raises what ``http_error`` makes if it has no such one."""
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
            raise http_error("The document has no such operation.") from error
        except InvalidOperationTypeError as error:
            raise _wrong_method(error.operation_type) from error

    @override
    def process_result(self, request: HttpRequest, result: ExecutionResult) -> GraphQLHTTPResponse:
        answer = super().process_result(request, result)
        if is_request_error(result):
            # A request error's answer has no `data`, not even null.
            del answer["data"]
        return answer


def _wrong_method(operation_type: OperationType) -> HTTPException:
    if operation_type is OperationType.SUBSCRIPTION:
        return http_error("Subscriptions need a WebSocket.")
    return http_error("A mutation must be sent by POST.", HTTPStatus.METHOD_NOT_ALLOWED)


def media_type_for(request: HttpRequest) -> str | None:
    """How to answer: application/json unless the client names the newer type; None if neither."""
    accepted = (f"{a.main_type}/{a.sub_type}" for a in request.accepted_types)
    return next((RESPONSE_TYPES[type_] for type_ in accepted if type_ in RESPONSE_TYPES), None)


def is_request_error(result: ExecutionResult) -> bool:
    """Whether the request failed before any field ran."""
    return result.data is None and all(error.path is None for error in result.errors or ())


def status_of(result: ExecutionResult) -> int:
    """The status under application/graphql-response+json; under application/json it is 200."""
    codes = {error.extensions["code"] for error in result.errors or () if error.extensions}
    if codes and codes <= AUTHENTICATION_CODES and not any(_values(result)):
        return HTTPStatus.UNAUTHORIZED
    if codes == {ErrorCode.SERVICE_UNAVAILABLE} and not any(_values(result)):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if not is_request_error(result):
        return HTTPStatus.OK
    known = (status for code, status in STATUS_OF_CODE.items() if code in codes)
    return next(known, HTTPStatus.BAD_REQUEST)


def _values(result: ExecutionResult) -> Iterable[object]:
    return (value is not None for value in (result.data or {}).values())
