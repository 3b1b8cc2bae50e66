"""The database dies and comes back: coded errors meanwhile, and none afterwards."""

import json
from pathlib import Path

import pytest

from tests.support.database_servers import SERVER_TYPES, not_installed, temporary_server
from tests.support.databases import SERVERS, require, scratch, skip_or_fail
from tests.support.live_server import ENVIRONMENT, serving
from tests.support.processes import run

pytestmark = pytest.mark.own_database
AWAY = {
    "message": "Service temporarily unavailable. Please try again.",
    "code": "SERVICE_UNAVAILABLE",
}


def errors_in(answer: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    """Message and code of each error, and nothing of the database's own words."""
    return [
        {"message": error["message"], "code": error["extensions"]["code"]}  # type: ignore[index] # JSON
        for error in answer["errors"]
    ]


@pytest.mark.parametrize("database", SERVER_TYPES)
def test_while_the_database_is_down_errors_are_coded_and_the_first_request_after_works(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(database)
    if reason := not_installed(database):
        skip_or_fail(reason)
    with temporary_server(database) as machine:
        monkeypatch.setenv(SERVERS[database], machine.url)
        with scratch(database) as url:
            cast = json.loads(run("tests.races.world", "1", DATABASE_URL=url, **ENVIRONMENT))
            token, slot = cast["patients"][0]["token"], cast["slots"][0]
            wish = {"input": {"doctorId": cast["doctors"][0]["id"], **slot, "idempotencyKey": "1"}}
            with serving(tmp_path, DATABASE_URL=url) as server:
                before = server.api("MyAppointments", token=token)
                machine.kill()
                down = [
                    errors_in(server.api("MyAppointments", token=token)),
                    errors_in(server.api("CreateAppointment", wish, token=token)),
                ]
                machine.start()
                after = server.api("MyAppointments", token=token)
                booked = server.api("CreateAppointment", wish, token=token)
    assert (down, after) == ([[AWAY], [AWAY]], before)
    assert booked["data"]["createAppointment"]["status"] == "PENDING"
