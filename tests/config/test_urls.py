import json
import os
import subprocess
import sys

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings

APP = "https://app.example.org"
ICON = "schema/graphiql/icon.svg"


def test_root_url_redirects_to_graphql() -> None:
    response = Client().get("/")
    assert (response.status_code, response["Location"]) == (302, "/graphql/")


def test_favicon_redirects_to_static_file() -> None:
    response = Client().get("/favicon.ico")
    assert (response.status_code, response["Location"]) == (302, f"/static/{ICON}")
    assert finders.find(ICON)


def test_http_redirects_to_https(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/admin/login/")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/admin/login/")


@pytest.mark.django_db
def test_admin_login_has_strict_content_security_policy() -> None:
    response = Client().get("/admin/login/")
    assert response.status_code == 200
    policy = dict(
        directive.split(" ", 1) for directive in response["Content-Security-Policy"].split("; ")
    )
    assert policy == {
        "default-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


CLIENT_HEADERS = [
    *("accept", "authorization", "content-type", "x-requested-with"),
    *("apollo-require-preflight", "graphql-require-preflight", "x-apollo-operation-name"),
    *("apollographql-client-name", "apollographql-client-version"),
    *("sentry-trace", "traceparent", "tracestate", "baggage", "x-request-id"),
]


def preflight(origin: str, path: str = "/graphql/") -> dict[str, str]:
    response = Client().options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": ",".join(CLIENT_HEADERS),
        },
    )
    return {
        name: value
        for name, value in response.items()
        if name.lower().startswith("access-control-")
    }


def test_cors_allows_listed_origin_and_client_headers(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [APP]
    allowed = preflight(APP)
    assert allowed["access-control-allow-origin"] == APP
    assert set(CLIENT_HEADERS) <= set(allowed["access-control-allow-headers"].split(", "))
    assert "access-control-allow-credentials" not in allowed


@pytest.mark.own_database
def test_cors_allows_headers_of_the_environment_besides_the_usual_ones() -> None:
    def allowed_headers(value: str) -> list[str]:
        program = "from config.settings import CORS_ALLOW_HEADERS; print(*CORS_ALLOW_HEADERS)"
        printed = subprocess.check_output(  # noqa: S603 - our own command
            [sys.executable, "-c", program],
            env={**os.environ, "DEBUG": "1", "CORS_ALLOW_HEADERS": value},
            text=True,
        )
        return printed.split()

    usual = allowed_headers("")
    assert set(CLIENT_HEADERS) <= set(usual)
    assert allowed_headers("X-Tenant, x-b3-traceid") == [*usual, "x-tenant", "x-b3-traceid"]


@pytest.mark.parametrize(
    ("origin", "path"),
    [
        ("https://evil.example.org", "/graphql/"),
        ("https://app.example.org.evil.example", "/graphql/"),
        ("null", "/graphql/"),
        (APP, "/admin/login/"),
    ],
)
def test_cors_rejects_other_origins_and_urls(settings: Settings, origin: str, path: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = [APP]
    assert preflight(origin, path) == {}


def test_cors_exposes_request_id_of_errors(
    settings: Settings,
) -> None:
    settings.CORS_ALLOWED_ORIGINS = [APP]
    settings.ROOT_URLCONF = "tests.support.schema_app"
    response = Client().post(
        "/graphql/",
        {"query": "{ broken }"},
        content_type="application/json",
        headers={"Origin": APP},
    )
    assert response["Access-Control-Expose-Headers"] == "X-Request-ID"
    [error] = json.loads(response.content)["errors"]
    assert error["extensions"]["requestId"] == response["X-Request-ID"]
