"""Lengths of request bodies: limited with WSGI, and measured where they are not declared.

Bodies without a Content-Length have chunked transfer coding (RFC 9112, 7.1) or come over HTTP/2.
Django treats a multipart form without it as empty, and with WSGI any body; with ASGI it does not
compare the size of a JSON body with ``DATA_UPLOAD_MAX_MEMORY_SIZE``.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from io import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http.response import HttpResponseBase
from typing_extensions import override

from config.http.body_limit import ERROR_HEADERS, TOO_LARGE_ERROR
from schema.core.errors import CodedError, ErrorCode
from schema.transport.requests import parse_length
from users.common import metrics

TOO_LARGE_STATUS = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
BLOCK_BYTES = 64 * 1024
LENGTH_REQUIRED_ERROR = CodedError(
    ErrorCode.BAD_USER_INPUT, "This server needs the length of the request in Content-Length."
)


class BodyLengthHandler(ASGIHandler):
    """Django's ASGI handler that sets Content-Length to the number of bytes that were received."""

    @override
    def create_request(
        self, scope: Mapping[str, Any], body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        body_file.seek(0, SEEK_END)
        length = str(body_file.tell()).encode()
        body_file.seek(0)
        headers = [header for header in scope["headers"] if header[0] != b"content-length"]
        return super().create_request(
            {**scope, "headers": [*headers, (b"content-length", length)]}, body_file
        )


class BodyLengthMiddleware:
    """WSGI middleware that limits bodies to ``max_bytes`` before anything reads them.

    Responds 413 to a longer one. Reads a body without a Content-Length and sets the header.
    Responds 411 if the server does not detect the end of such a body
    (``wsgi.input_terminated`` is not set).
    """

    def __init__(self, application: WSGIApplication, *, max_bytes: int) -> None:
        self.application, self.max_bytes = application, max_bytes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "HTTP_TRANSFER_ENCODING" not in environ:
            declared = parse_length(environ.get("CONTENT_LENGTH", ""))
            if declared is None or declared > self.max_bytes:
                return _respond(environ, start_response, TOO_LARGE_STATUS, TOO_LARGE_ERROR)
            response = self.application(environ, start_response)
            if declared:
                _discard_rest(environ["wsgi.input"])
            return response
        if not environ.get("wsgi.input_terminated"):
            return _respond(
                environ, start_response, HTTPStatus.LENGTH_REQUIRED, LENGTH_REQUIRED_ERROR
            )
        with SpooledTemporaryFile(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE) as body:
            while block := environ["wsgi.input"].read(BLOCK_BYTES):
                body.write(block)
                if body.tell() > self.max_bytes:
                    return _respond(environ, start_response, TOO_LARGE_STATUS, TOO_LARGE_ERROR)
            length = str(body.tell())
            body.seek(0)
            measured = {**environ, "CONTENT_LENGTH": length, "wsgi.input": body}
            return self.application(measured, start_response)


def _discard_rest(body: InputStream) -> None:
    """Read what the application has not read, such as the form of a rejected request.

    Otherwise gunicorn closes the connection, and its only thread that accepts requests waits up
    to two seconds until the client does the same.
    """
    with suppress(OSError):  # the client has closed the connection
        while body.read(BLOCK_BYTES):
            pass


def _respond(
    environ: WSGIEnvironment, start_response: StartResponse, status: HTTPStatus, error: CodedError
) -> list[bytes]:
    metrics.count_unhandled(environ.get("REQUEST_METHOD"), status, error.code)
    start_response(f"{status.value} {status.phrase}", [*ERROR_HEADERS.items()])
    return [error.response_body()]
