"""Django's ASGI handler with a fixed number of threads.

Django runs each request in a thread of its own. A burst then opens one database connection
per request, up to the limit of the database server, and with persistent connections each
stays open after its thread has ended.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections, reset_queries
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from typing_extensions import override

from config.http.body_length import BodyLengthHandler
from config.http.body_limit import ERROR_HEADERS
from schema.core.errors import MASKED_MESSAGES, CodedError, ErrorCode
from users.common import metrics

MAX_WAITING = 1000
MAX_WAIT_SECONDS = 10
# Answered by threads of their own, so that probes see a busy server as healthy.
PROBE_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
PROBE_THREADS = 2

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestThreads:
    """A fixed number of threads that handle requests, each with its own database connection.

    A request waits for a free thread, at most ``MAX_WAIT_SECONDS``. It is answered 503 if it
    waits longer, or at once if ``MAX_WAITING`` requests are waiting already.
    """

    def __init__(self, get_response: GetResponse, *, threads: int, name: str) -> None:
        self._get_response, self._limit = get_response, threads + MAX_WAITING
        self._unfinished = 0
        self._run = sync_to_async(
            self._handle,
            thread_sensitive=False,
            executor=ThreadPoolExecutor(threads, thread_name_prefix=name),
        )

    async def handle(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response. Call it in the event loop."""
        if self._unfinished >= self._limit:
            return _overloaded(request)
        self._unfinished += 1
        try:
            return await self._run(request, time.monotonic() + MAX_WAIT_SECONDS)
        finally:
            self._unfinished -= 1

    def _handle(self, request: HttpRequest, deadline: float) -> HttpResponseBase:
        if time.monotonic() > deadline:
            return _overloaded(request)
        # Django's signals call these in another thread, which has no connection.
        reset_queries()
        close_old_connections()
        try:
            return self._get_response(request)
        finally:
            close_old_connections()


class ThreadPoolASGIHandler(BodyLengthHandler):
    """The ASGI handler that runs ``MAX_CONCURRENT_REQUESTS`` requests at the same time."""

    def __init__(self) -> None:
        # Not ASGIHandler's, which loads the middleware for coroutines: each synchronous
        # middleware would then be a switch between the event loop and the thread.
        self.load_middleware(is_async=False)
        self.requests = RequestThreads(
            self.get_response, threads=settings.MAX_CONCURRENT_REQUESTS, name="request"
        )
        self.probes = RequestThreads(self.get_response, threads=PROBE_THREADS, name="probe")

    @override
    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        threads = self.probes if request.path in PROBE_PATHS else self.requests
        return await threads.handle(request)


def _overloaded(request: HttpRequest) -> HttpResponse:
    code, status = ErrorCode.SERVICE_UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE
    metrics.count_unhandled(request.method, status, code)
    return HttpResponse(
        CodedError(code, str(MASKED_MESSAGES[code])).response_body(),
        status=status,
        headers={**ERROR_HEADERS, "Retry-After": "1"},
    )
