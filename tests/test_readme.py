"""The README is true: its story is told by running it, its tables by the code."""

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

from clinic.demo.accounts import PASSWORD, email_of
from clinic.errors import BookingErrorCode, SlotUnavailableCode
from schema.core import errors
from tests.support.api_client import Api

README = Path(settings.BASE_DIR, "README.md").read_text(encoding="utf-8")
STEP = re.compile(r"```graphql\n(.*?)```\n+```json\n(.*?)```", re.DOTALL)
AS = re.compile(r"^# as the (\w+)$", re.MULTILINE)
# Read by gunicorn.conf.py and by gunicorn itself.
SERVERS_OWN = {"PORT", "WEB_CONCURRENCY"}


def section(title: str) -> str:
    _, _, text = README.partition(f"\n## {title}\n")
    assert text, f"no section {title}"
    return text.partition("\n## ")[0]


def first_cells(title: str) -> list[str]:
    """What stands as code in the first column of a section's tables."""
    return re.findall(r"^\| `([^`]+)`", section(title), re.MULTILINE)


def as_told(told: Any, found: Any) -> Any:
    """``found``, with each text shortened where the README ends it with an ellipsis."""
    match told, found:
        case dict(), dict():
            return {key: as_told(told.get(key), value) for key, value in found.items()}
        case list(), list() if len(told) == len(found):
            return [as_told(*pair) for pair in zip(told, found, strict=True)]
        case str(), str() if told.endswith("…") and found.startswith(told[:-1]):
            return told
    return found


def test_the_story_is_told_by_five_operations() -> None:
    assert len(STEP.findall(README)) == 5


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_the_storys_answers_are_what_a_fresh_demo_clinic_answers(api: Api) -> None:
    call_command("seed_demo", "--i-know-the-password-is-public", verbosity=0)
    tokens = {}
    for role in ("patient", "doctor"):
        variables = {"email": email_of(role), "password": PASSWORD}
        tokens[role] = api("TokenAuth", variables)["data"]["tokenAuth"]["token"]
    for document, answer in STEP.findall(README):
        who = AS.search(document)
        found = api(document, token=tokens[who.group(1)] if who else None)
        told = json.loads(answer)
        assert as_told(told, found) == told


def test_every_setting_is_in_the_table_and_no_other() -> None:
    source = Path(settings.BASE_DIR, "config", "settings.py").read_text(encoding="utf-8")
    read = re.findall(r'environment\.\w+\(\s*"([A-Z_]+)"', source)
    assert sorted(first_cells("Settings")) == sorted({*read, *SERVERS_OWN})


def test_every_code_of_an_answer_is_told() -> None:
    rules, api_section = section("The rules of booking"), section("The API")
    codes = [*BookingErrorCode, *SlotUnavailableCode]
    assert [code.value for code in codes if f"`{code.value}`" not in rules] == []
    assert [code.value for code in errors.ErrorCode if f"`{code.value}`" not in api_section] == []


def test_every_constraint_of_the_clinic_is_told_and_none_that_is_not_there() -> None:
    told = set(
        re.findall(
            r"`(\w+_(?:range|start|end|visit|key|known|once|a_time|dropped))`",
            section("The rules of booking") + section("Mail, reminders and calendars"),
        )
    )
    models = apps.get_app_config("clinic").get_models()
    there = chain.from_iterable(model._meta.constraints for model in models)  # noqa: SLF001 - Django's documented way
    assert told == {constraint.name for constraint in there}


def test_every_command_of_make_is_there() -> None:
    makefile = Path(settings.BASE_DIR, "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE)) <= targets


def test_every_file_it_names_is_there() -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    named = re.findall(r"<br>((?:users|schema|clinic)/[\w./]+)", README)
    assert [path for path in (*linked, *named) if not Path(settings.BASE_DIR, path).exists()] == []
