"""What clients were told survives the server's death in the middle of it."""

import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.databases import DATABASES, require, scratch
from tests.support.live_server import ENVIRONMENT, Server, serving
from tests.support.processes import run
from tests.support.scale import SCALE

pytestmark = pytest.mark.own_database
PATIENTS = 4
TESTS = ENVIRONMENT | {"DJANGO_SETTINGS_MODULE": "tests.settings"}


class Client:
    """A patient who books one slot after the other and notes each answer."""

    def __init__(self, name: str, doctor: str, token: str, slots: list[dict[str, str]]) -> None:
        self.token = token
        self.wishes = [
            {"doctorId": doctor, "idempotencyKey": f"{name} {place}", **slot}
            for place, slot in enumerate(slots)
        ]
        self.answers: list[Any] = []

    def book(self, server: Server, wish: dict[str, str]) -> Any:
        answer = server.api("CreateAppointment", {"input": wish}, token=self.token)
        return answer["data"]["createAppointment"]

    def book_until_the_server_dies(self, server: Server, storm: threading.Semaphore) -> None:
        for wish in self.wishes:
            try:
                self.answers.append(self.book(server, wish))
            except httpx.TransportError:
                return
            storm.release()


def killed_in_a_storm(server: Server, clients: list[Client]) -> None:
    """Let the clients book until they have had enough answers, and kill the server."""
    storm = threading.Semaphore(0)
    threads = [
        threading.Thread(target=client.book_until_the_server_dies, args=(server, storm))
        for client in clients
    ]
    for thread in threads:
        thread.start()
    for _ in range(SCALE.storm):
        storm.acquire()
    server.kill()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("database", DATABASES)
def test_every_booking_told_is_stored_and_none_twice_when_the_server_is_killed(
    database: str, tmp_path: Path
) -> None:
    require(database)
    with scratch(database) as url:
        cast = json.loads(run("tests.races.world", str(PATIENTS), DATABASE_URL=url))
        clients = [
            Client(str(n), cast["doctors"][0]["id"], patient["token"], cast["slots"])
            for n, patient in enumerate(cast["patients"])
        ]
        with serving(tmp_path, DATABASE_URL=url, **TESTS) as server:
            killed_in_a_storm(server, clients)
        told = {
            answer["id"]: answer
            for client in clients
            for answer in client.answers
            if answer["__typename"] == "Appointment"
        }
        with serving(tmp_path, DATABASE_URL=url, **TESTS) as server:
            # Each asks again for what it was told, and for what it was not.
            again = [
                client.book(server, wish)
                for client in clients
                for wish in client.wishes[: len(client.answers) + 1]
            ]
        booked = {answer["id"]: answer for answer in again if answer["__typename"] == "Appointment"}
        audit = json.loads(run("tests.races.audit", DATABASE_URL=url))
    assert {id_: booked.get(id_) for id_ in told} == told
    assert audit == {"double_bookings": 0, "astray": [], "appointments": sorted(booked)}
    # Nothing but the clients that the death interrupted had more to hear.
    assert len(booked) - len(told) <= PATIENTS
