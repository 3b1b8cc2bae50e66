"""The operations in the tutorial and the README, run against a new demo clinic."""

import json
import re
from typing import Any

import pytest
from django.core.management import call_command

from clinic.demo.accounts import PASSWORD, email_of
from tests.docs.pages import read
from tests.support.api_client import Api

STEP = re.compile(r"```graphql\n(.*?)```\n+```json\n(.*?)```", re.DOTALL)
SENDER = re.compile(r"^# as the (\w+)$", re.MULTILINE)


def shortened(documented: Any, response: Any) -> Any:
    """Return ``response`` with each text shortened where the page ends it with an ellipsis."""
    match documented, response:
        case dict(), dict():
            return {key: shortened(documented.get(key), value) for key, value in response.items()}
        case list(), list() if len(documented) == len(response):
            return [shortened(*pair) for pair in zip(documented, response, strict=True)]
        case str(), str() if documented.endswith("…") and response.startswith(documented[:-1]):
            return documented
    return response


@pytest.mark.django_db(transaction=True, reset_sequences=True)
@pytest.mark.parametrize(("page", "steps"), [("README.md", 1), ("docs/tutorial.md", 5)])
def test_documented_operations_return_documented_responses(api: Api, page: str, steps: int) -> None:
    documented_steps = STEP.findall(read(page))
    assert len(documented_steps) == steps
    call_command("seed_demo", "--i-know-the-password-is-public", verbosity=0)
    tokens = {}
    for role in ("patient", "doctor"):
        variables = {"email": email_of(role), "password": PASSWORD}
        tokens[role] = api("TokenAuth", variables)["data"]["tokenAuth"]["token"]
    for document, answer in documented_steps:
        sender = SENDER.search(document)
        response = api(document, token=tokens[sender.group(1)] if sender else None)
        documented = json.loads(answer)
        assert shortened(documented, response) == documented


@pytest.mark.django_db
def test_readme_demo_accounts_can_sign_in(api: Api) -> None:
    call_command("seed_demo", "--i-know-the-password-is-public", verbosity=0)
    readme = read("README.md")
    (password,) = re.findall(r"password `([^`]+)`", readme)
    emails = re.findall(r"^\| `(\w+@example\.org)` ", readme, re.MULTILINE)
    assert len(emails) == 9
    for email in emails:
        response = api("TokenAuth", {"email": email, "password": password})
        assert response["data"]["tokenAuth"]["token"]
