"""One winner, whoever races whom and by whatever way; and without the ticks, many."""

from typing import Any

import pytest

from tests.races.measure import measure
from tests.races.scenarios import RACES, Race
from tests.support.databases import DATABASES, require
from tests.support.scale import SCALE

pytestmark = pytest.mark.own_database


def expected(race: Race, clients: int, rounds: int) -> dict[str, Any]:
    verdict = {"rounds": rounds, "errors": 0, "double_bookings": 0, "astray": []}
    if race.winners is not None:
        losers = (clients - race.winners) * rounds
        verdict |= {"winners": race.winners * rounds, "refused or busy": losers}
    return verdict if race.may_be_busy else {**verdict, "busy": 0}


def measured(race: Race, verdict: dict[str, Any]) -> dict[str, Any]:
    told = {**verdict, "refused or busy": verdict["refused"] + verdict["busy"]}
    return {name: told[name] for name in expected(race, 0, 0)}


@pytest.mark.parametrize("database", DATABASES)
def test_one_client_wins_and_the_others_hear_why(database: str) -> None:
    require(database)
    verdicts = measure(database, clients=SCALE.clients, rounds=SCALE.rounds)
    assert {race.name: measured(race, verdicts[race.name]) for race in RACES} == {
        race.name: expected(race, SCALE.clients, SCALE.rounds) for race in RACES
    }


@pytest.mark.parametrize("database", DATABASES)
def test_of_two_clients_one_wins_every_time(database: str) -> None:
    require(database)
    verdicts = measure(database, clients=2, rounds=SCALE.duels)
    assert {race.name: measured(race, verdicts[race.name]) for race in RACES} == {
        race.name: expected(race, 2, SCALE.duels) for race in RACES
    }


@pytest.mark.parametrize("database", DATABASES)
def test_without_the_ticks_the_same_races_book_twice_and_it_shows(database: str) -> None:
    require(database)
    clients = 5
    verdicts = measure(database, clients=clients, rounds=1, without_ticks=True)
    # Every client gets a time, and every two of those overlap.
    pairs = clients * (clients - 1) // 2
    assert {
        name: (told["winners"], told["double_bookings"]) for name, told in verdicts.items()
    } == {race.name: (clients, pairs) for race in RACES if race.only_ticks}
