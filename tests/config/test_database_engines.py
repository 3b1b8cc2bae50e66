"""Connecting to a database server that does not answer."""

import socket
import time

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from config.database_engines import fail_fast
from config.database_engines.fail_fast import FailFastConnection
from tests.support.database_wrappers import database_wrapper

SECONDS = 2  # libpq's least
DRIVERS = {"postgresql": "psycopg", "mysql": "MySQLdb"}


@pytest.fixture(autouse=True)
def clock() -> None:
    """Replaces the fixed clock: the drivers wait in real time."""


@pytest.fixture(autouse=True)
def _no_earlier_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FailFastConnection, "_retry_at", 0.0)


@pytest.fixture(params=sorted(DRIVERS))
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    pytest.importorskip(DRIVERS[name], reason=f"the driver of {name} is not installed")
    return name


def wrapper_for(engine: str, port: int) -> BaseDatabaseWrapper:
    return database_wrapper(
        engine,
        NAME="clinic",
        USER="clinic",
        HOST="127.0.0.1",
        PORT=port,
        OPTIONS={"connect_timeout": SECONDS},
    )


def error_of(wrapper: BaseDatabaseWrapper) -> str:
    """Connect and return the message of the error."""
    with pytest.raises(OperationalError) as caught, wrapper.wrap_database_errors:
        wrapper.get_new_connection(wrapper.get_connection_params())
    return str(caught.value)


def test_server_that_does_not_answer_is_not_tried_again_at_once(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        wrapper = wrapper_for(engine, silent.getsockname()[1])
        refusal = "The database server could not be reached a moment ago."
        assert error_of(wrapper) != refusal
        assert error_of(wrapper) == refusal
        # Also by another thread, which has its own wrapper.
        assert error_of(wrapper_for(engine, silent.getsockname()[1])) == refusal
        later = time.monotonic() + fail_fast.PAUSE_SECONDS
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert error_of(wrapper) != refusal


def test_server_that_refuses_connections_is_tried_again_at_once(engine: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    wrapper = wrapper_for(engine, port)
    assert error_of(wrapper) == error_of(wrapper) != ""
    assert "a moment ago" not in error_of(wrapper)
