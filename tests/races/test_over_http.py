"""Concurrent bookings over HTTP to a server with several processes: one of them succeeds."""

import pytest

from tests.races.over_http import RACES, measure_over_http
from tests.support.databases import DATABASES
from tests.support.required_databases import require
from tests.support.scale import SCALE

pytestmark = pytest.mark.own_database

COUNTS = ("succeeded", "rejected", "busy", "errors", "double_bookings", "mismatches")
Counts = tuple[int, int, int, int, int, list[str]]


@pytest.mark.parametrize("database", DATABASES)
def test_create_appointment_lets_one_client_succeed(database: str) -> None:
    require(database)
    clients = SCALE.clients
    results = measure_over_http(database, clients=clients, rounds=1)
    all_succeed: Counts = (clients, 0, 0, 0, 0, [])
    one_succeeds: Counts = (1, clients - 1, 0, 0, 0, [])
    assert {name: tuple(result[count] for count in COUNTS) for name, result in results.items()} == {
        name: all_succeed if "Key" in name else one_succeeds for name in RACES
    }
