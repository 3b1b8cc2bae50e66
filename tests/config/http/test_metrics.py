"""``/metrics`` as Prometheus reads it: who can, and every sample after known requests."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client
from pytest_django import Settings

from schema.transport.requests import MAX_MULTIPART_BYTES
from tests.schema.subscriptions.conftest import clock
from tests.support.live_accounts import Actor
from tests.support.live_server import GUNICORN, Server, serving
from tests.support.scraping import HEADERS, TOKEN, Samples, scrape
from tests.support.websocket_client import open_websocket

__all__ = ["clock"]  # the live servers have the real time
GRAPHQL = 'route="^graphql/?$"'
REQUESTS = "cybermed_http_requests_total"


@pytest.mark.parametrize(
    "authorization",
    [
        *("", TOKEN, "Bearer", "Bearer ", "Bearer ä"),
        *(f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"Basic {TOKEN}"),
    ],
)
def test_metrics_are_an_unknown_url_without_the_token(
    settings: Settings, authorization: str
) -> None:
    settings.METRICS_TOKENS = [TOKEN]
    headers = {"Authorization": authorization}
    refused, unknown = (Client().get(path, headers=headers) for path in ("/metrics", "/metricz"))
    assert (refused.status_code, refused.content, [*refused.headers]) == (
        404,
        unknown.content.replace(b"metricz", b"metrics"),
        [*unknown.headers],
    )


def test_metrics_are_off_without_a_token_in_the_settings() -> None:
    assert [
        Client().get("/metrics", headers=headers).status_code
        for headers in ({}, HEADERS, {"Authorization": "Bearer "})
    ] == [404, 404, 404]


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}", f"bearer  {TOKEN}"])
def test_metrics_accept_each_of_several_tokens(settings: Settings, authorization: str) -> None:
    settings.METRICS_TOKENS = ["another-token-that-replaces-the-first-one", TOKEN]
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/metrics", headers={"Authorization": authorization})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    assert "no-store" in response["Cache-Control"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with DEBUG, which sends emails at once."""
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, DEBUG="1", METRICS_TOKEN=TOKEN, EMAIL_URL="dummymail://") as running:
        yield running


def added(before: Samples, after: Samples) -> Samples:
    """Return what was added to the samples, without the requests of /healthz and /metrics."""
    changes = {name: value - before.get(name, 0) for name, value in after.items()}
    return {
        name: change
        for name, change in changes.items()
        if change and 'route="metrics"' not in name and "healthz" not in name
    }


@pytest.mark.own_database
def test_metrics_count_requests_operations_bookings_and_emails(server: Server) -> None:
    before = scrape(server)
    doctor, patient = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
    codes = [patient.book(doctor, time).get("code") for time in ("09:00", "09:00", "03:00")]
    assert codes == [None, "SLOT_TAKEN", "OUTSIDE_AVAILABILITY"]
    server.http.post("/graphql/", json={"query": "query Mine { me { email } }"})
    server.http.post("/graphql/", json={"query": "query Mine { nothing }"})
    server.http.post("/graphql/", content=b"{", headers={"Content-Type": "application/json"})
    server.http.request("BREW", "/graphql/")
    server.http.post("/graphql/", content=b"x" * (MAX_MULTIPART_BYTES + 1))
    for name in ("first", "second"):
        server.http.get(f"/calendar/{name}.ics")
        server.http.get(f"/{name}")
    changes = added(before, scrape(server))
    statements = changes.pop("cybermed_http_request_statements_sum{" + GRAPHQL + "}")
    changes.pop('cybermed_http_request_statements_sum{route="calendar/<str:token>.ics"}', None)
    assert statements > 30
    assert changes == {
        f'{REQUESTS}{{method="POST",{GRAPHQL},status="200"}}': 11,
        f'{REQUESTS}{{method="POST",{GRAPHQL},status="400"}}': 1,
        f'{REQUESTS}{{method="other",{GRAPHQL},status="405"}}': 1,
        f'{REQUESTS}{{method="GET",route="calendar/<str:token>.ics",status="404"}}': 2,
        f'{REQUESTS}{{method="GET",route="",status="404"}}': 2,
        f'{REQUESTS}{{method="POST",route="",status="413"}}': 1,
        f"cybermed_http_request_statements_count{{{GRAPHQL}}}": 13,
        'cybermed_http_request_statements_count{route="calendar/<str:token>.ics"}': 2,
        'cybermed_http_request_statements_count{route=""}': 2,
        f"cybermed_http_request_database_seconds_count{{{GRAPHQL}}}": 13,
        'cybermed_http_request_database_seconds_count{route="calendar/<str:token>.ics"}': 2,
        'cybermed_http_request_database_seconds_count{route=""}': 2,
        'cybermed_operations_total{operation="Register",outcome="ok"}': 2,
        'cybermed_operations_total{operation="TokenAuth",outcome="ok"}': 2,
        'cybermed_operations_total{operation="UpsertProfile",outcome="ok"}': 2,
        'cybermed_operations_total{operation="CreateAppointment",outcome="ok"}': 3,
        'cybermed_operations_total{operation="other",outcome="rejected"}': 4,
        'cybermed_graphql_errors_total{code="UNAUTHENTICATED"}': 1,
        'cybermed_graphql_errors_total{code="GRAPHQL_VALIDATION_FAILED"}': 1,
        'cybermed_graphql_errors_total{code="BAD_USER_INPUT"}': 3,
        'cybermed_bookings_total{action="book",outcome="booked"}': 1,
        'cybermed_bookings_total{action="book",outcome="slot_taken"}': 1,
        'cybermed_bookings_total{action="book",outcome="outside_availability"}': 1,
        'cybermed_live_updates_total{outcome="published"}': 2,
        'cybermed_emails_total{outcome="sent"}': 2,
    }


@pytest.mark.own_database
def test_metrics_have_no_text_of_clients(server: Server) -> None:
    secret = "canary4711"
    body = {"query": f"query {secret} {{ me {{ email }} }}", "variables": {secret: secret}}
    server.http.post(f"/graphql/?{secret}", json=body, headers={"X-Request-ID": secret})
    server.http.get(f"/{secret}/")
    server.http.request(secret, f"/calendar/{secret}.ics", headers={"User-Agent": secret})
    assert secret not in server.http.get("/metrics", headers=HEADERS).text


@pytest.mark.own_database
def test_metrics_count_open_websockets_and_subscriptions(server: Server) -> None:
    def opened() -> Samples:
        return scrape(server, "cybermed_websocket_open")

    doctor, patient = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
    names = [f'cybermed_websocket_open{{kind="{kind}"}}' for kind in ("connection", "subscription")]
    with open_websocket(server, doctor.token) as client:
        client.subscribe("AppointmentChanged")
        client.subscribe("AppointmentChanged", "2")
        client.send(type="ping")
        assert client.receive() == {"type": "pong"}
        assert opened() == dict(zip(names, (1, 2), strict=True))
        client.subscribe("AppointmentChanged", "1")  # the ID is in use: the server closes
        client.receive_until_closed()
    wait_until(lambda: opened() == dict.fromkeys(names, 0))
    assert patient.token


def wait_until(is_done: Any) -> None:
    for _ in range(200):
        if is_done():
            return
    pytest.fail("the state was not reached")


@pytest.mark.own_database
def test_metrics_have_no_sample_of_a_queue_that_cannot_be_read(tmp_path: Path) -> None:
    with serving(tmp_path, METRICS_TOKEN=TOKEN) as server:
        doctor, patient = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
        patient.book(doctor, "09:00")
        read = scrape(server, "cybermed_task_queue")
        age = read.pop("cybermed_task_queue_age_seconds{}")
        with closing(sqlite3.connect(tmp_path / "db.sqlite3", timeout=30)) as database:
            database.execute("DROP TABLE django_tasks_database_dbtaskresult")
        assert scrape(server, "cybermed_task_queue") == {}
        assert scrape(server)[f'{REQUESTS}{{method="GET",route="metrics",status="200"}}'] == 2
    assert age >= 0
    assert read == {
        'cybermed_task_queue_tasks{state="waiting"}': 1,
        'cybermed_task_queue_tasks{state="delayed"}': 0,
        'cybermed_task_queue_tasks{state="running"}': 0,
        'cybermed_task_queue_tasks{state="failed"}': 0,
    }


@pytest.mark.own_database
def test_metrics_of_several_gunicorn_workers_are_added(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    # Of a former server: no process has such a number.
    (folder / "counter_99999999.db").write_bytes(b"")
    key = f'{REQUESTS}{{method="GET",route="",status="404"}}'
    with serving(
        tmp_path,
        server=GUNICORN,
        METRICS_TOKEN=TOKEN,
        PROMETHEUS_MULTIPROC_DIR=str(folder),
        WEB_CONCURRENCY="2",
    ) as server:
        assert not (folder / "counter_99999999.db").exists()
        workers = set()
        for number in range(1, 1000):
            # httpx keeps no connection open here, so that any worker accepts the next one.
            server.http.get(f"/{number}")
            workers = {path.stem.rpartition("_")[2] for path in folder.glob("counter_*.db")}
            if len(workers) == 2:
                break
        assert scrape(server)[key] == number
        os.kill(int(min(workers)), signal.SIGKILL)
        wait_until(lambda: _answers(server))
        assert scrape(server)[key] >= number
        assert scrape(server)['cybermed_task_queue_tasks{state="waiting"}'] == 0


def _answers(server: Server) -> bool:
    try:
        return server.http.get("/healthz").is_success
    except httpx.TransportError:
        return False
