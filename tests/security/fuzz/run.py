"""Throw generated documents at a live server, as everybody: ``make fuzz``.

schemathesis reads the printed schema, so that a stranger, who may not introspect,
tries everything as well. No answer may be a failure of ours, or tell a word of a
appointment that is none of the caller's.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.live_server import ROOT, Server, manage, serving

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
        ids, sides = book_the_canary(server)
        outsiders = [(role, token, CANARY) for role, token in outsiders_of(server)]
        insiders = [(role, token, "") for role, token in sides.items()]
        failed = [
            role
            for role, token, unseen in (*outsiders, *insiders)
            if subprocess.run(  # noqa: S603 - our own command
                command(server, token), env=environment(ids, unseen), check=False
            ).returncode
        ]
    sys.exit(f"schemathesis found something as {', '.join(failed)}" if failed else 0)


def outsiders_of(server: Server) -> Iterator[tuple[str, str | None]]:
    """Everybody who is on neither side of the appointment. At the desk staff see it; not here."""
    yield "a stranger", None
    yield "a patient", join(server, "patient", "PATIENT", PATIENT)
    yield "a doctor", join(server, "doctor", "DOCTOR", DOCTOR)
    yield "staff", hire(server)


def book_the_canary(server: Server) -> tuple[list[str], dict[str, str]]:
    """An appointment with the word in it; the ids of all that has to do with it, and its two sides."""
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
    appointment = booked["data"]["createAppointment"]
    assert appointment["reasonForVisit"] == CANARY
    ids = [me["id"], appointment["id"], appointment["doctor"]["id"], appointment["patient"]["id"]]
    return ids, {"the patient herself": patient, "her doctor": doctor}


def join(server: Server, name: str, role: str, profile: dict[str, Any]) -> str:
    """Register somebody with a profile; returns their access token."""
    email = f"{name}@example.org"
    account = {"email": email, "password": PASSWORD, "firstName": name, "lastName": "Example"}
    server.api("Register", {"input": {**account, "role": role}})
    token = sign_in(server, email)
    server.api("UpsertProfile", {"input": profile}, token=token)
    return token


def hire(server: Server) -> str:
    """Open an account with every right at the desk; returns its access token."""
    email, password = "sam@example.org", {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    name = ("--first_name", "Sam", "--last_name", "Example")
    environment = {**server.environment, **password}
    manage(environment, "createsuperuser", "--noinput", "-v0", "--email", email, *name)
    return sign_in(server, email)


def sign_in(server: Server, email: str) -> str:
    signed_in = server.api("TokenAuth", {"email": email, "password": PASSWORD})
    token: str = signed_in["data"]["tokenAuth"]["token"]
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


def environment(ids: list[str], unseen: str) -> dict[str, str]:
    """``unseen`` is what the caller may not see."""
    return {
        **os.environ,
        "CANARY": unseen,
        "IDS": " ".join(ids),
        "PYTHONPATH": str(HERE),
        "SCHEMATHESIS_HOOKS": "checks",
    }


if __name__ == "__main__":
    main()
