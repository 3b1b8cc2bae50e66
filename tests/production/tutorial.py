"""The operations of ``docs/tutorial.md``, with the IDs, dates and times of a running clinic."""

import json
import re
from collections.abc import Iterator
from typing import Any

from clinic.demo.accounts import PASSWORD, email_of
from tests.production.files import ROOT
from tests.production.site import Site

STEP = re.compile(r"\n## \d\. ([^\n]+)\n.*?```graphql\n(.*?)```\n+```json\n(.*?)```", re.DOTALL)
SENDER = re.compile(r"^# as the (\w+)$", re.MULTILINE)
TIME_OF_DAY = re.compile(r"\d\d:\d\d:00")
# Values that do not depend on the clinic.
DOCTOR = ("Benjamin", "Krause")  # on the page
FIXED = ("__typename", "status", "isDoctor", "isPatient", "reasonForVisit")


def sign_in(site: Site, email: str) -> str:
    """Return an access token of a demo account."""
    response = site.api("TokenAuth", {"email": email, "password": PASSWORD})
    token: str = response["data"]["tokenAuth"]["token"]
    return token


def email_of_doctor(site: Site, first_name: str, last_name: str) -> str:
    """Return the email address of a demo doctor: patients see names only."""
    names = f"doctor__isnull=False, first_name={first_name!r}, last_name={last_name!r}"
    code = f"from users.models import User; print(User.objects.get({names}).email)"
    return site.manage("shell", "--no-imports", "--command", code).strip()


def operations(site: Site) -> Iterator[str]:
    """Send each operation. Yields its title; raises AssertionError at an unexpected response."""
    values: dict[str, str] = {}
    for title, document, answer in STEP.findall((ROOT / "docs/tutorial.md").read_text()):
        sender = SENDER.search(document)
        role = sender.group(1) if sender else ""
        # The slot was the earliest of all doctors, today perhaps not of the page's doctor.
        is_doctor = role == "doctor"
        email = (
            email_of_doctor(site, *(values[name] for name in DOCTOR))
            if is_doctor
            else email_of(role)
        )
        headers = {"Authorization": f"JWT {sign_in(site, email)}"} if role else {}
        body = {"query": re.sub(r'"([^"]+)"', lambda m: f'"{values.get(m[1], m[1])}"', document)}
        response = site.http.post("/graphql/", json=body, headers=headers).json()
        assert "errors" not in response, f"{title}: {response}"
        compare(json.loads(answer)["data"], response["data"], values, title)
        yield title


def compare(documented: Any, received: Any, values: dict[str, str], where: str) -> None:
    """Compare two responses and add to ``values`` what is received in place of each string."""
    match documented, received:
        case dict(), dict():
            assert documented.keys() == received.keys(), f"{where}: {received}"
            for key in documented:
                if key in FIXED:
                    assert documented[key] == received[key], f"{where}.{key}: {received[key]}"
                compare(documented[key], received[key], values, f"{where}.{key}")
        case list(), list():
            assert len(documented) == len(received), f"{where}: {received}"
            for pair in zip(documented, received, strict=True):
                compare(*pair, values, where)
        case str(), str():
            values[documented] = received
            if TIME_OF_DAY.fullmatch(documented):
                values[documented[:-3]] = received
        case _:
            assert type(documented) is type(received), f"{where}: {received}"
