"""While the database is down, errors have codes; after its restart, requests succeed."""

import json
from pathlib import Path

import pytest

from tests.support.database_servers import SERVER_TYPES, not_installed, temporary_server
from tests.support.databases import SERVERS, scratch
from tests.support.live_server import ENVIRONMENT, serving
from tests.support.processes import run
from tests.support.required_databases import require, skip_or_fail

pytestmark = pytest.mark.own_database
UNAVAILABLE = {
    "message": "Service temporarily unavailable. Please try again.",
    "code": "SERVICE_UNAVAILABLE",
}


def errors_of(response: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    """Return message and code of each error."""
    return [
        {"message": error["message"], "code": error["extensions"]["code"]}  # type: ignore[index] # JSON
        for error in response["errors"]
    ]


@pytest.mark.parametrize("database", SERVER_TYPES)
def test_server_returns_service_unavailable_until_database_restarts(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(database)
    if reason := not_installed(database):
        skip_or_fail(reason)
    with temporary_server(SERVER_TYPES[database]) as database_server:
        monkeypatch.setenv(SERVERS[database], database_server.url)
        with scratch(database) as url:
            participants = json.loads(
                run("tests.races.http_participants", "1", DATABASE_URL=url, **ENVIRONMENT)
            )
            token, slot = participants["patients"][0]["token"], participants["slots"][0]
            doctor = participants["doctors"][0]["id"]
            booking = {"input": {"doctorId": doctor, **slot, "idempotencyKey": "1"}}
            with serving(tmp_path, DATABASE_URL=url) as server:
                before = server.api("MyAppointments", token=token)
                database_server.kill()
                down = [
                    errors_of(server.api("MyAppointments", token=token)),
                    errors_of(server.api("CreateAppointment", booking, token=token)),
                ]
                database_server.start()
                after = server.api("MyAppointments", token=token)
                booked = server.api("CreateAppointment", booking, token=token)
    assert (down, after) == ([[UNAVAILABLE], [UNAVAILABLE]], before)
    assert booked["data"]["createAppointment"]["status"] == "PENDING"
