"""The middleware that requests of the API skip changes no response, with WSGI and with ASGI."""

import asyncio
import json
from typing import Any, NamedTuple

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from pytest_django import Settings

from config.http.asgi_handler import ThreadPoolASGIHandler

# What the classes of this project replace.
LIBRARY_CLASSES = {
    "config.http.content_security_policy.ContentSecurityPolicyMiddleware": (
        "csp.middleware.CSPMiddleware"
    ),
    "config.http.page_middleware.PageSessionMiddleware": (
        "django.contrib.sessions.middleware.SessionMiddleware"
    ),
    "config.http.page_middleware.PageUserMiddleware": (
        "django.contrib.auth.middleware.AuthenticationMiddleware"
    ),
    "config.http.page_middleware.PageMessageMiddleware": (
        "django.contrib.messages.middleware.MessageMiddleware"
    ),
}
LIBRARY_MIDDLEWARE = [LIBRARY_CLASSES.get(name, name) for name in configured.MIDDLEWARE]
ORIGIN = "https://app.example.org"
ZONE = {"query": "{ clinic { timeZone } }"}
UPLOAD = {"query": "query ($f: Upload!) { size(of: $f) }", "variables": {"f": None}}
SENT_COOKIES = f"sessionid=0123456789; csrftoken={32 * 'x'}; messages=y"
REQUEST_ID = "0123456789abcdef0123456789abcdef"
communicate_with: Any = ApplicationCommunicator  # it has no types


class Case(NamedTuple):
    """A request, and the status of its response."""

    status: int
    method: str = "POST"
    path: str = "/graphql/"
    body: bytes = json.dumps(ZONE).encode()
    content_type: str = "application/json"
    headers: dict[str, str] = {}


def _upload() -> dict[str, Any]:
    form = {
        "operations": json.dumps(UPLOAD),
        "map": json.dumps({"0": ["variables.f"]}),
        "0": SimpleUploadedFile("a.txt", b"12345"),
    }
    request = RequestFactory().post("/graphql/", form)
    return {"body": request.body, "content_type": request.META["CONTENT_TYPE"]}


PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "baggage"}
CASES = {
    "post": Case(200),
    "no final slash": Case(200, path="/graphql"),
    "cookies": Case(
        200, headers={"Cookie": f"sessionid=0123456789; csrftoken={32 * 'x'}; messages=y"}
    ),
    "accept": Case(400, body=b"{}", headers={"Accept": "application/graphql-response+json"}),
    "get": Case(200, "GET", "/graphql/?query={clinic{timeZone}}"),
    "preflight": Case(200, "OPTIONS", headers={"Origin": ORIGIN, **PREFLIGHT}),
    "options": Case(405, "OPTIONS"),
    "cross-origin": Case(200, headers={"Origin": ORIGIN}),
    "foreign origin": Case(200, headers={"Origin": "https://evil.example.net"}),
    "method": Case(405, "PUT"),
    "not json": Case(400, body=b"{"),
    "not acceptable": Case(406, headers={"Accept": "text/plain"}),
    "host": Case(400, headers={"Host": "evil.example.net"}),
    "upload": Case(400, **_upload()),
    "preflighted upload": Case(200, headers={"Apollo-Require-Preflight": "true"}, **_upload()),
    "page": Case(200, "GET", headers={"Accept": "text/html"}),
    "admin": Case(302, "GET", "/admin/"),
    "admin form": Case(403, path="/admin/login/", content_type="application/x-www-form-urlencoded"),
    "redirect": Case(302, "GET", "/"),
    "not found": Case(404, "GET", "/graphql/x"),
}


def _by_wsgi(case: Case) -> tuple[int, list[tuple[str, str]]]:
    headers = {"X-Request-ID": REQUEST_ID, **case.headers}
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    response: Any = client.generic(
        case.method, case.path, case.body, case.content_type, headers=headers
    )
    cookies = [("Set-Cookie", each.OutputString()) for each in response.cookies.values()]
    return response.status_code, [*sorted(response.headers.items()), *cookies]


def _by_asgi(case: Case) -> tuple[int, list[tuple[str, str]]]:
    path, _, query = case.path.partition("?")
    headers = {"Host": "testserver", "X-Request-ID": REQUEST_ID, **case.headers}
    headers["Content-Type"] = case.content_type
    scope = {
        "type": "http",
        "method": case.method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("testserver", 80),
    }

    async def exchange() -> Any:
        connection = communicate_with(ThreadPoolASGIHandler(), scope)
        await connection.send_input({"type": "http.request", "body": case.body})
        start = await connection.receive_output(timeout=30)
        await connection.wait(timeout=30)
        return start

    start = asyncio.run(exchange())
    return start["status"], sorted((k.decode(), v.decode()) for k, v in start["headers"])


@pytest.mark.parametrize("respond", [_by_wsgi, _by_asgi], ids=["wsgi", "asgi"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_response_headers_are_those_of_the_library_middleware(
    settings: Settings, case: Case, respond: Any
) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    if case.content_type.startswith("multipart/"):
        settings.ROOT_URLCONF = "tests.support.schema_app"
    ours = respond(case)
    settings.MIDDLEWARE = LIBRARY_MIDDLEWARE
    assert (ours[0], ours) == (case.status, respond(case))


def test_library_middleware_differs_in_each_replaced_class() -> None:
    replaced = [name for name in configured.MIDDLEWARE if name not in LIBRARY_MIDDLEWARE]
    assert replaced == list(LIBRARY_CLASSES)


def test_api_leaves_the_session_alone() -> None:
    response: Any = Client().post("/graphql/", ZONE, content_type="application/json")
    request = response.wsgi_request
    names = ("session", "user", "_messages", "token_user")
    assert [hasattr(request, name) for name in names] == [False, False, False, True]
