"""Accounts on a live server that act over HTTP."""

import datetime as dt
import json
import uuid
from typing import Any

from tests.contract.documents import document_of
from tests.support.fixtures.people import PASSWORD
from tests.support.live_server import Server
from tests.support.processes import manage


class Actor:
    """A newly registered account with a profile and an access token."""

    def __init__(self, server: Server, role: str) -> None:
        self.server = server
        self.email = f"{uuid.uuid4().hex}@example.org"
        account = {"firstName": "Kim", "lastName": "Example", "role": role}
        server.api("Register", {"input": {"email": self.email, "password": PASSWORD, **account}})
        tokens = server.api("TokenAuth", {"email": self.email, "password": PASSWORD})
        self.token, self.refresh_token = (
            tokens["data"]["tokenAuth"][key] for key in ("token", "refreshToken")
        )
        self.payload = tokens["data"]["tokenAuth"]["payload"]
        profiles = {
            "DOCTOR": {
                "doctor": {"specialty": "X", "phoneNumber": "+4930123456", "experienceYears": 1}
            },
            "PATIENT": {"patient": {"dateOfBirth": "1990-05-17"}},
        }
        self.id = self.send("UpsertProfile", input=profiles[role])["id"]

    def send(self, name: str, **variables: object) -> Any:
        """Send the operation ``name`` of the API contract and return its only root field."""
        (answer,) = self.server.api(name, variables, token=self.token)["data"].values()
        return answer

    def become_staff(self) -> None:
        """Make the account a member of staff with all permissions."""
        change = f"filter(email={self.email!r}).update(is_staff=True, is_superuser=True)"
        code = f"from users.models import User; User.objects.{change}"
        manage(self.server.environment, "shell", "--no-imports", "--command", code)

    def upload_avatar(self, content: bytes) -> Any:
        """Upload a picture and return the JSON response."""
        operation = {"query": document_of("UploadAvatar"), "variables": {"image": None}}
        form = {"operations": json.dumps(operation), "map": '{"0": ["variables.image"]}'}
        headers = {"Authorization": f"JWT {self.token}", "Apollo-Require-Preflight": "true"}
        return self.server.http.post(
            "/graphql/", data=form, files={"0": content}, headers=headers
        ).json()

    def book(self, doctor: "Actor", time: str) -> Any:
        """Book an appointment next Monday at ``time`` ("HH:MM")."""
        slot = {"doctorId": doctor.id, "date": next_monday().isoformat(), "time": time}
        return self.send("CreateAppointment", input=slot)


def next_monday() -> dt.date:
    today = dt.datetime.now(dt.UTC).date()
    return today + dt.timedelta(days=7 - today.weekday())
