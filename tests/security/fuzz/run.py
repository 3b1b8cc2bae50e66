"""Throw generated documents at a live server, as everybody: ``make fuzz``.

schemathesis reads the printed schema, so that a stranger, who may not introspect,
tries everything as well. No answer may be a failure of ours, or tell a word of a
visit that is none of the caller's.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.servers import ROOT, Server, serving

HERE = Path(__file__).resolve().parent
SCHEMATHESIS = HERE / ".venv" / "bin" / "st"
EXAMPLES = os.environ.get("EXAMPLES", "25")
CANARY = "canary-in-a-record"
PASSWORD = "correct horse battery staple"
PATIENT = {"patient": {"dateOfBirth": "1990-05-17", "address": "Elm Street 1"}}
DOCTOR = {"doctor": {"specialty": "Cardiology", "phoneNumber": "+4930123456", "experienceYears": 9}}


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), JWT_ACCESS_MINUTES="600") as server,
    ):
        ids = book_the_canary(server)
        failed = [
            role
            for role, token in callers(server)
            if subprocess.run(command(server, token), env=environment(ids), check=False).returncode  # noqa: S603 - our own command
        ]
    sys.exit(f"schemathesis found something as {', '.join(failed)}" if failed else 0)


def callers(server: Server) -> Iterator[tuple[str, str | None]]:
    """Everybody who is on neither side of the visit."""
    yield "a stranger", None
    yield "a patient", join(server, "patient", "PATIENT", PATIENT)
    yield "a doctor", join(server, "doctor", "DOCTOR", DOCTOR)


def book_the_canary(server: Server) -> list[str]:
    """A visit with the word in it; returns the ids of all that has to do with it."""
    doctor = join(server, "her.doctor", "DOCTOR", DOCTOR)
    patient = join(server, "herself", "PATIENT", PATIENT)
    me = server.api("Me", token=doctor)["data"]["me"]
    slots = server.api("AvailableSlots", {"doctorId": me["doctor"]["id"]}, token=patient)
    slot = slots["data"]["doctor"]["availableSlots"][0]
    wish = {
        "doctorId": me["doctor"]["id"],
        "date": slot["date"],
        "time": slot["time"],
        "reasonForVisit": CANARY,
    }
    booked = server.api("CreateAppointment", {"input": wish}, token=patient)
    visit = booked["data"]["createAppointment"]
    assert visit["reasonForVisit"] == CANARY
    return [me["id"], visit["id"], visit["doctor"]["id"], visit["patient"]["id"]]


def join(server: Server, name: str, role: str, profile: dict[str, Any]) -> str:
    """Register somebody with a profile; returns their access token."""
    email = f"{name}@example.org"
    account = {"email": email, "password": PASSWORD, "firstName": name, "lastName": "Example"}
    server.api("Register", {"input": {**account, "role": role}})
    signed_in = server.api("TokenAuth", {"email": email, "password": PASSWORD})
    token: str = signed_in["data"]["tokenAuth"]["token"]
    server.api("UpsertProfile", {"input": profile}, token=token)
    return token


def command(server: Server, token: str | None) -> list[str]:
    headers = ["-H", f"Authorization: JWT {token}"] if token else []
    return [
        str(SCHEMATHESIS),
        "run",
        str(ROOT / "schema" / "schema.graphql"),
        *("--url", f"http://{server.address}/graphql/"),
        *("--checks", "tells_nothing"),
        *("--phases", "fuzzing"),
        "--no-color",
        *("--max-examples", EXAMPLES),
        *("--seed", "5"),
        *headers,
    ]


def environment(ids: list[str]) -> dict[str, str]:
    return {
        **os.environ,
        "CANARY": CANARY,
        "IDS": " ".join(ids),
        "PYTHONPATH": str(HERE),
        "SCHEMATHESIS_HOOKS": "checks",
    }


if __name__ == "__main__":
    main()
