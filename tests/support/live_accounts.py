"""People who act at a running server, over HTTP."""

import datetime as dt
import uuid
from typing import Any

from tests.support.fixtures.people import PASSWORD
from tests.support.live_server import Server


class Actor:
    """Somebody newly registered, with a profile and a token."""

    def __init__(self, server: Server, role: str) -> None:
        self.server = server
        self.email = f"{uuid.uuid4().hex}@example.org"
        account = {"firstName": "Kim", "lastName": "Example", "role": role}
        server.api("Register", {"input": {"email": self.email, "password": PASSWORD, **account}})
        sign_in = server.api("TokenAuth", {"email": self.email, "password": PASSWORD})
        self.token, self.refresh_token = (
            sign_in["data"]["tokenAuth"][key] for key in ("token", "refreshToken")
        )
        self.payload = sign_in["data"]["tokenAuth"]["payload"]
        profiles = {
            "DOCTOR": {
                "doctor": {"specialty": "X", "phoneNumber": "+4930123456", "experienceYears": 1}
            },
            "PATIENT": {"patient": {"dateOfBirth": "1990-05-17"}},
        }
        self.id = self.send("UpsertProfile", input=profiles[role])["id"]

    def send(self, name: str, **variables: object) -> Any:
        """The only field of the answer to the contract's operation ``name``."""
        (answer,) = self.server.api(name, variables, token=self.token)["data"].values()
        return answer

    def book(self, doctor: "Actor", time: str) -> Any:
        wish = {"doctorId": doctor.id, "date": next_monday().isoformat(), "time": time}
        return self.send("CreateAppointment", input=wish)


def next_monday() -> dt.date:
    today = dt.datetime.now(dt.UTC).date()
    return today + dt.timedelta(days=7 - today.weekday())
