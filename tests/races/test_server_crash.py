"""Bookings that clients got a response for are stored when the server is killed."""

import json
from pathlib import Path

import pytest

from tests.races.crash_clients import CrashClient, kill_while_booking
from tests.support.databases import DATABASES
from tests.support.live_server import ENVIRONMENT, serving
from tests.support.migrated_databases import migrated
from tests.support.processes import run
from tests.support.required_databases import require
from tests.support.scale import SCALE

pytestmark = pytest.mark.own_database
PATIENTS = 4
TESTS = ENVIRONMENT | {"DJANGO_SETTINGS_MODULE": "tests.settings"}


@pytest.mark.parametrize("database", DATABASES)
def test_create_appointment_is_durable_when_server_is_killed(database: str, tmp_path: Path) -> None:
    require(database)
    with migrated(database) as url:
        participants = json.loads(
            run("tests.races.http_participants", str(PATIENTS), DATABASE_URL=url)
        )
        doctor = participants["doctors"][0]["id"]
        clients = [
            CrashClient(str(n), doctor, patient["token"], participants["slots"])
            for n, patient in enumerate(participants["patients"])
        ]
        with serving(tmp_path, DATABASE_URL=url, **TESTS) as server:
            kill_while_booking(server, clients, after_responses=SCALE.responses_before_kill)
        confirmed = {
            response["id"]: response
            for client in clients
            for response in client.responses
            if response["__typename"] == "Appointment"
        }
        with serving(tmp_path, DATABASE_URL=url, **TESTS) as server:
            # Each client retries the requests that got a response, and the interrupted one.
            retried = [
                client.book(server, input_)
                for client in clients
                for input_ in client.inputs[: len(client.responses) + 1]
            ]
        booked = {
            response["id"]: response
            for response in retried
            if response["__typename"] == "Appointment"
        }
        state = json.loads(run("tests.races.final_state", DATABASE_URL=url))
    assert {id_: booked.get(id_) for id_ in confirmed} == confirmed
    assert state == {"double_bookings": 0, "mismatches": [], "appointments": sorted(booked)}
    # Only the interrupted request of each client can have booked more.
    assert len(booked) - len(confirmed) <= PATIENTS
