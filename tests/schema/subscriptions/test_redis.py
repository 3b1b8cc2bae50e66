"""Events between server processes through Redis."""

import json
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.live_accounts import Actor
from tests.support.live_server import serving
from tests.support.websocket_client import (
    HALF_HOURS,
    appointment_event,
    open_websocket,
)

pytestmark = pytest.mark.own_database
REDIS_URL = os.environ.get("REDIS_URL", "")
# Waiting for Redis would take 5 seconds or more for each of a booking's calls.
BOUND_SECONDS = 3


def publishing_errors(folder: Path) -> list[str]:
    """Return the log messages of the servers in ``folder`` about events that were not published."""
    lines = [line for log in folder.glob("server-*.log") for line in log.read_text().splitlines()]
    records = [json.loads(line) for line in lines if line.startswith("{")]
    return [record["message"] for record in records if "not published" in record["message"]]


@pytest.mark.skipif(not REDIS_URL, reason="REDIS_URL names no Redis server")
def test_redis_delivers_events_of_another_process(tmp_path: Path) -> None:
    with (
        serving(tmp_path, REDIS_URL=REDIS_URL) as one,
        serving(tmp_path, REDIS_URL=REDIS_URL) as two,
    ):
        doctor, ann = Actor(one, "DOCTOR"), Actor(one, "PATIENT")
        times = iter(HALF_HOURS)
        with open_websocket(two, ann.token) as client:
            client.subscribe("AppointmentChanged")
            client.wait_until_subscribed(lambda: appointment_event(ann.book(doctor, next(times))))
            appointment = ann.book(doctor, next(times))
            assert client.receive() == appointment_event(appointment)
    assert publishing_errors(tmp_path) == []


@pytest.mark.skipif(not REDIS_URL, reason="REDIS_URL names no Redis server")
def test_redis_connection_is_reopened_after_it_was_cut(tmp_path: Path) -> None:
    # A Redis database of its own identifies the server's connections.
    url, other = (urlsplit(REDIS_URL)._replace(path=path).geturl() for path in ("/8", "/0"))
    with (
        serving(tmp_path, REDIS_URL=url) as server,
        pytest.importorskip("redis").Redis.from_url(other) as redis,
    ):
        doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
        idle = [client["id"] for client in redis.client_list() if client["db"] == "8"]
        cut = [redis.client_kill_filter(_id=client_id) for client_id in idle]
        ann.book(doctor, "10:00")
    assert cut == [1]
    assert publishing_errors(tmp_path) == []


@pytest.mark.skipif(not REDIS_URL, reason="REDIS_URL names no Redis server")
def test_sockets_are_closed_for_reconnection_after_redis_lost_the_subscriptions(
    tmp_path: Path,
) -> None:
    url, other = (urlsplit(REDIS_URL)._replace(path=path).geturl() for path in ("/7", "/0"))
    with (
        serving(tmp_path, REDIS_URL=url) as server,
        pytest.importorskip("redis").Redis.from_url(other) as redis,
    ):
        doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
        times = iter(HALF_HOURS)
        with open_websocket(server, ann.token) as client:
            client.subscribe("AppointmentChanged")
            client.wait_until_subscribed(lambda: appointment_event(ann.book(doctor, next(times))))
            for connected in redis.client_list(_type="pubsub"):
                if connected["db"] == "7":
                    redis.client_kill_filter(_id=connected["id"])
            assert client.close_code() == 1012
        with open_websocket(server, ann.token) as client:
            client.subscribe("AppointmentChanged")
            client.wait_until_subscribed(lambda: appointment_event(ann.book(doctor, next(times))))


def test_booking_succeeds_while_redis_is_unavailable(tmp_path: Path) -> None:
    pytest.importorskip("channels_redis", reason="requirements/redis.txt is not installed")
    with serving(tmp_path, REDIS_URL="redis://127.0.0.1:1/0") as server:
        doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
        appointment = ann.book(doctor, "10:00")
        assert ann.send("AppointmentById", id=appointment["id"])["status"] == "PENDING"
    profile_error, appointment_error = publishing_errors(tmp_path)
    assert "connecting to 127.0.0.1:1." in profile_error
    assert "connecting to 127.0.0.1:1." in appointment_error


def test_booking_does_not_wait_for_a_redis_that_does_not_answer(tmp_path: Path) -> None:
    pytest.importorskip("channels_redis", reason="requirements/redis.txt is not installed")
    # The system accepts the connections, and nobody reads from them.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        with serving(tmp_path, REDIS_URL=url) as server:
            doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
            server.http.timeout = BOUND_SECONDS
            times = ("10:00", "10:30", "11:00")
            assert [ann.book(doctor, time)["status"] for time in times] == ["PENDING"] * 3
