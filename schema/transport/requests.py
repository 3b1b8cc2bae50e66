"""Parse HTTP requests strictly: each becomes one operation or one error."""

import json
import re
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

# Browsers send a CORS preflight request before a cross-site request with one of these
# headers. They send a plain multipart form to another site without one.
PREFLIGHTED_HEADERS = (
    "Apollo-Require-Preflight",
    "GraphQL-Require-Preflight",
    "X-Apollo-Operation-Name",
)

# An image of 5 MB and the other parts of the form. Larger bodies are not read.
MULTIPART = "multipart/form-data"
MAX_MULTIPART_BYTES = 6 * 1024 * 1024
TOO_LARGE = "The request is too large."
# More digits exceed each limit, and int() raises ValueError above 4,300.
LENGTH = re.compile("[0-9]{1,18}")


def http_error(message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> HTTPException:
    """Return the exception that rejects a request before its operation is parsed."""
    return HTTPException(status, message)


def parse_length(text: str) -> int | None:
    """Return the value of a Content-Length in bytes, 0 if it is empty.

    None if it is not a number or has more than 18 digits.
    """
    if not text:
        return 0
    return int(text) if LENGTH.fullmatch(text) else None


def content_length(request: HttpRequest) -> int:
    """Return the declared length of the body in bytes. Raises HTTPException if it is invalid."""
    length = parse_length(request.META.get("CONTENT_LENGTH") or "")
    if length is None:
        # Django would raise ValueError when it reads the body.
        raise http_error("The Content-Length is invalid.")
    return length


def read_operation(request: HttpRequest) -> GraphQLRequestData:
    """Return the operation of a GET or POST request. Raises HTTPException (``http_error``)."""
    try:
        params = _read_params(request)
    except UnicodeDecodeError as error:
        raise http_error("The request is not valid UTF-8.") from error
    except RequestDataTooBig as error:
        raise http_error(TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from error
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError) as error:
        raise http_error("The request could not be read.") from error
    if isinstance(params, list):
        raise http_error("Batching is not supported. Send one operation per request.")
    return operation_from(params)


def operation_from(params: object) -> GraphQLRequestData:
    """Return the operation that the parameters describe. Raises HTTPException (``http_error``).

    A ``documentId`` is converted to Apollo's ``persistedQuery``, so that both work alike.
    """
    if not isinstance(params, dict):
        raise http_error("The request must be a JSON object.")
    extensions = _typed(params, "extensions", dict, "an object")
    if document_id := _typed(params, "documentId", str, "a string"):
        # https://github.com/graphql/graphql-over-http/pull/264: the hash algorithm is a prefix.
        persisted = {"version": 1, "sha256Hash": document_id.removeprefix("sha256:")}
        extensions = {**(extensions or {}), "persistedQuery": persisted}
    return GraphQLRequestData(
        query=_typed(params, "query", str, "a string"),
        variables=_typed(params, "variables", dict, "an object"),
        operation_name=_typed(params, "operationName", str, "a string") or None,
        extensions=extensions,
    )


def _read_params(request: HttpRequest) -> object:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        # A few bytes can decompress to gigabytes, and GraphQL clients do not compress requests.
        message = "Content-Encoding is not supported. Send the request uncompressed."
        raise http_error(message, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    if request.method == "GET":
        return _read_query_string(request)
    if request.content_type == "application/json":
        return read_json(request.body)
    if request.content_type == MULTIPART:
        return _read_multipart(request)
    raise http_error(
        "Unsupported Content-Type. Send application/json, or multipart/form-data with files.",
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
    """Parse https://github.com/jaydenseric/graphql-multipart-request-spec."""
    if not any(header in request.headers for header in PREFLIGHTED_HEADERS):
        raise http_error("A multipart request needs the header `Apollo-Require-Preflight: true`.")
    if content_length(request) > MAX_MULTIPART_BYTES:
        raise http_error(TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    operations = read_json(request.POST.get("operations", "").encode())
    files_map = read_json(request.POST.get("map", "").encode())
    if not isinstance(operations, dict):
        return operations
    try:
        return replace_placeholders_with_files(operations, _paths_of(files_map), request.FILES)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise http_error(
            "The multipart `map` does not match `operations` and the files."
        ) from error


def _paths_of(files_map: object) -> dict[str, list[str]]:
    if not isinstance(files_map, dict):
        raise TypeError("not an object")
    for paths in files_map.values():
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise TypeError("not lists of paths")
    return files_map


def _reject_constant(name: str) -> object:
    raise ValueError(f"{name} is not valid JSON.")


# Made once: json.loads() would make one for each request.
DECODER = json.JSONDecoder(parse_constant=_reject_constant)


def read_json(body: bytes) -> object:
    """Return the JSON value; its texts must be storable. Raises HTTPException."""
    # Without a byte order mark: RFC 8259, 8.1, allows parsers to ignore it, and Windows writes it.
    text = body.decode("utf-8-sig")
    try:
        value = DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise http_error("The request is not valid JSON.") from error
    if not all(is_storable(text) for text in _texts(value)):
        raise http_error("The request contains an invalid character: NUL or a lone surrogate.")
    return value


def _texts(value: object) -> Iterator[str]:
    pending = [value]
    while pending:
        match pending.pop():
            case str() as text:
                yield text
            case list() as items:
                pending.extend(items)
            case dict() as members:
                pending.extend(members)
                pending.extend(members.values())


def _typed(params: Mapping[str, Any], name: str, expected_type: type, description: str) -> Any:
    value = params.get(name)
    if value is None or isinstance(value, expected_type):
        return value
    raise http_error(f"`{name}` must be {description} or null.")
