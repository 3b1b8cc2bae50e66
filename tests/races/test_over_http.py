"""One winner over HTTP too, with several processes behind one address."""

import pytest

from tests.races.over_http import RACES, measure_over_http
from tests.support.databases import DATABASES, require
from tests.support.scale import SCALE

pytestmark = pytest.mark.own_database

# Winners, refused, busy, errors, double bookings, and what else was found.
Facts = tuple[int, int, int, int, int, list[str]]


@pytest.mark.parametrize("database", DATABASES)
def test_one_client_wins_and_the_others_hear_why(database: str) -> None:
    require(database)
    clients = SCALE.clients
    verdicts = measure_over_http(database, clients=clients, rounds=1)
    facts = ("winners", "refused", "busy", "errors", "double_bookings", "astray")
    all_alike: Facts = (clients, 0, 0, 0, 0, [])
    one_winner: Facts = (1, clients - 1, 0, 0, 0, [])
    assert {name: tuple(verdict[fact] for fact in facts) for name, verdict in verdicts.items()} == {
        name: all_alike if "Key" in name else one_winner for name in RACES
    }
