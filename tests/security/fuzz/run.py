"""Send generated documents to a live server as every kind of user: ``make fuzz``.

schemathesis reads the committed schema, because unauthenticated clients cannot introspect it. No
response can be an internal error or contain data of another person's appointment.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.live_server import Server, serving
from tests.support.processes import ROOT, manage

HERE = Path(__file__).resolve().parent
SCHEMATHESIS = HERE / ".venv" / "bin" / "st"
EXAMPLES = os.environ.get("EXAMPLES", "25")
MARKER = "canary-in-a-record"
PASSWORD = "correct horse battery staple"
PATIENT = {"patient": {"dateOfBirth": "1990-05-17", "address": "Elm Street 1"}}
DOCTOR = {"doctor": {"specialty": "Cardiology", "phoneNumber": "+4930123456", "experienceYears": 9}}


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), JWT_ACCESS_MINUTES="600", EMAIL_VERIFICATION_REQUIRED="0") as server,
    ):
        ids, parties = book_with_marker(server)
        others = [(role, token, MARKER) for role, token in others_of(server)]
        parties["staff"] = create_staff(server)
        failed = [
            role
            for role, token, forbidden in (
                *others,
                *((role, token, "") for role, token in parties.items()),
            )
            if subprocess.run(  # noqa: S603 - our own command
                command(server, token), env=environment(ids, forbidden), check=False
            ).returncode
        ]
    sys.exit(f"schemathesis found failures as {', '.join(failed)}" if failed else 0)


def others_of(server: Server) -> Iterator[tuple[str, str | None]]:
    """Yield role and token of callers who cannot see the appointment."""
    yield "an unauthenticated client", None
    yield "a patient", register(server, "patient", "PATIENT", PATIENT)
    yield "a doctor", register(server, "doctor", "DOCTOR", DOCTOR)


def book_with_marker(server: Server) -> tuple[list[str], dict[str, str]]:
    """Book an appointment with the marker; return related IDs and the tokens of both parties."""
    doctor = register(server, "the-doctor", "DOCTOR", DOCTOR)
    patient = register(server, "the-patient", "PATIENT", PATIENT)
    me = server.api("Me", token=doctor)["data"]["me"]
    slots = server.api("AvailableSlots", {"doctorId": me["doctor"]["id"]}, token=patient)
    slot = slots["data"]["doctor"]["availableSlots"][0]
    booking = {
        "doctorId": me["doctor"]["id"],
        "date": slot["date"],
        "time": slot["time"],
        "reasonForVisit": MARKER,
    }
    booked = server.api("CreateAppointment", {"input": booking}, token=patient)
    appointment = booked["data"]["createAppointment"]
    assert appointment["reasonForVisit"] == MARKER
    ids = [me["id"], appointment["id"], appointment["doctor"]["id"], appointment["patient"]["id"]]
    return ids, {"the patient of the appointment": patient, "its doctor": doctor}


def register(server: Server, name: str, role: str, profile: dict[str, Any]) -> str:
    """Register an account with a profile and return its access token."""
    email = f"{name}@example.org"
    account = {"email": email, "password": PASSWORD, "firstName": name, "lastName": "Example"}
    server.api("Register", {"input": {**account, "role": role}})
    token = sign_in(server, email)
    server.api("UpsertProfile", {"input": profile}, token=token)
    return token


def create_staff(server: Server) -> str:
    """Create an account with every permission in the admin and return its access token."""
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
        *("--checks", "reveals_nothing"),
        *("--phases", "fuzzing"),
        "--no-color",
        *("--max-examples", EXAMPLES),
        *("--seed", "5"),
        *headers,
    ]


def environment(ids: list[str], forbidden: str) -> dict[str, str]:
    """``forbidden`` is text that the caller must not see; empty for none."""
    return {
        **os.environ,
        "FORBIDDEN": forbidden,
        "IDS": " ".join(ids),
        "PYTHONPATH": str(HERE),
        "SCHEMATHESIS_HOOKS": "checks",
    }


if __name__ == "__main__":
    main()
