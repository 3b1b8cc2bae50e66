"""What a client sent, read strictly: an operation, or one refusal that says why."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from cross_web import HTTPException
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from strawberry.file_uploads.utils import replace_placeholders_with_files
from strawberry.http import GraphQLRequestData

from users.text import is_storable

# A browser asks leave (CORS) before it sends one of these to another site; a
# plain multipart form it sends without asking.
PREFLIGHTED_HEADERS = ("Apollo-Require-Preflight", "X-Apollo-Operation-Name")

# A picture of 5 MB, and what goes with it; more is not even read.
MAX_MULTIPART_BYTES = 6 * 1024 * 1024
TOO_LARGE = "The request is too large."


def http_error(message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> HTTPException:
    """The exception that ends a request before its operation is looked at."""
    return HTTPException(status, message)


def read_operation(request: HttpRequest) -> GraphQLRequestData:
    """The one operation of a GET or POST request. Raises what ``http_error`` makes."""
    try:
        params = _read_params(request)
    except UnicodeDecodeError as error:
        raise http_error("The request is not valid UTF-8.") from error
    except RequestDataTooBig as error:
        raise http_error(TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from error
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError) as error:
        raise http_error("The request could not be read.") from error
    if isinstance(params, list):
        raise http_error("Batches are not supported: send one operation a request.")
    return operation_from(params)


def operation_from(params: object) -> GraphQLRequestData:
    """The operation that a request's parameters describe. Raises what ``http_error`` makes.

    A ``documentId`` comes as Apollo's ``persistedQuery``, so that there is one way on.
    """
    if not isinstance(params, dict):
        raise http_error("The request must be a JSON object.")
    extensions = _typed(params, "extensions", dict, "an object")
    if document_id := _typed(params, "documentId", str, "a string"):
        # https://github.com/graphql/graphql-over-http/pull/264 sets the hash's kind before it.
        named = {"version": 1, "sha256Hash": document_id.removeprefix("sha256:")}
        extensions = {**(extensions or {}), "persistedQuery": named}
    return GraphQLRequestData(
        query=_typed(params, "query", str, "a string"),
        variables=_typed(params, "variables", dict, "an object"),
        operation_name=_typed(params, "operationName", str, "a string") or None,
        extensions=extensions,
    )


def _read_params(request: HttpRequest) -> object:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        # A few bytes could unpack to gigabytes; no GraphQL client packs what it sends.
        message = "Send the request as it is, without a Content-Encoding."
        raise http_error(message, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    if request.method == "GET":
        return _read_query_string(request)
    if request.content_type == "application/json":
        return read_json(request.body)
    if request.content_type == "multipart/form-data":
        return _read_multipart(request)
    raise http_error(
        "Send application/json, or multipart/form-data with files.",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    )


def _read_query_string(request: HttpRequest) -> dict[str, object]:
    params: dict[str, object] = dict(request.GET.items())
    for name in ("variables", "extensions"):
        if text := params.get(name):
            params[name] = read_json(str(text).encode(errors="surrogatepass"))
        else:
            params.pop(name, None)
    return params


def _read_multipart(request: HttpRequest) -> object:
    """https://github.com/jaydenseric/graphql-multipart-request-spec, on top of plain forms."""
    if not any(header in request.headers for header in PREFLIGHTED_HEADERS):
        raise http_error("A multipart request needs the header `Apollo-Require-Preflight: true`.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_MULTIPART_BYTES:
        raise http_error(TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    operations = read_json(request.POST.get("operations", "").encode())
    files_map = read_json(request.POST.get("map", "").encode())
    if not isinstance(operations, dict):
        return operations
    try:
        return replace_placeholders_with_files(operations, _paths_of(files_map), request.FILES)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise http_error("The multipart `map` does not fit `operations` and the files.") from error


def _paths_of(files_map: object) -> dict[str, list[str]]:
    if not isinstance(files_map, dict):
        raise TypeError("not an object")
    for paths in files_map.values():
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise TypeError("not lists of paths")
    return files_map


def read_json(body: bytes) -> object:
    """A value of JSON that every database can hold. Raises what ``http_error`` makes."""
    text = body.decode()
    try:
        value = json.loads(text, parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        raise http_error("The request is not valid JSON.") from error
    if not all(is_storable(text) for text in _texts(value)):
        raise http_error(
            "The request has a character that no text may have: NUL or a lone surrogate."
        )
    return value


def _reject_constant(name: str) -> object:
    raise ValueError(f"{name} is JavaScript, not JSON.")


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case list() as items:
                waiting.extend(items)
            case dict() as members:
                waiting.extend(members)
                waiting.extend(members.values())


def _typed(params: Mapping[str, Any], name: str, kind: type, said: str) -> Any:
    value = params.get(name)
    if value is None or isinstance(value, kind):
        return value
    raise http_error(f"`{name}` must be {said} or null.")
