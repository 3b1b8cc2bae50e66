"""The expected number of clients succeeds in every race; without a guard, too many do."""

from typing import Any

import pytest

from tests.races.measure import measure
from tests.races.result import RaceResult
from tests.races.scenarios import RACES, Race
from tests.support.databases import DATABASES
from tests.support.required_databases import require
from tests.support.scale import SCALE

pytestmark = pytest.mark.own_database


def expected(race: Race, clients: int, rounds: int) -> dict[str, Any]:
    result = {"rounds": rounds, "errors": 0, "double_bookings": 0, "mismatches": []}
    if race.successes is not None:
        failures = (clients - race.successes) * rounds
        result |= {"succeeded": race.successes * rounds, "rejected or busy": failures}
    return result if race.can_be_busy else {**result, "busy": 0}


def measured(race: Race, result: dict[str, Any]) -> dict[str, Any]:
    """Return the entries of the result that ``expected`` has."""
    counts = {**result, "rejected or busy": result["rejected"] + result["busy"]}
    return {name: counts[name] for name in expected(race, 0, 0)}


@pytest.mark.parametrize("database", DATABASES)
def test_races_let_expected_number_of_clients_succeed(database: str) -> None:
    require(database)
    results = measure(database, clients=SCALE.clients, rounds=SCALE.rounds)
    assert {race.name: measured(race, results[race.name]) for race in RACES} == {
        race.name: expected(race, SCALE.clients, SCALE.rounds) for race in RACES
    }


@pytest.mark.parametrize("database", DATABASES)
def test_races_between_two_clients_let_expected_number_succeed(database: str) -> None:
    require(database)
    results = measure(database, clients=2, rounds=SCALE.two_client_rounds)
    assert {race.name: measured(race, results[race.name]) for race in RACES} == {
        race.name: expected(race, 2, SCALE.two_client_rounds) for race in RACES
    }


@pytest.mark.parametrize("database", DATABASES)
def test_races_without_ticks_book_twice(database: str) -> None:
    """The negative control: without ticks the same races show double bookings."""
    require(database)
    clients = 5
    results = measure(database, clients=clients, rounds=1, without="ticks")
    # Every client succeeds, and every two of their appointments overlap.
    pairs = clients * (clients - 1) // 2
    assert {
        name: (result["succeeded"], result["double_bookings"]) for name, result in results.items()
    } == {race.name: (clients, pairs) for race in RACES if race.ticks_only}


@pytest.mark.parametrize("database", DATABASES)
def test_races_without_locks_go_wrong(database: str) -> None:
    """The negative control: without locks, on SQLite without transactions, the same races fail."""
    require(database)
    # In some rounds the clients happen to come one after another, on SQLite in many. The first
    # round that goes wrong is the last.
    results = measure(database, clients=10, rounds=1000, without="locks")
    controls = {race.name: race for race in RACES if race.locks_only}
    assert results.keys() == controls.keys()
    wrong = [
        name
        for name, race in controls.items()
        if RaceResult(**results[name]).is_wrong(race.successes)
    ]
    assert wrong == list(controls)
