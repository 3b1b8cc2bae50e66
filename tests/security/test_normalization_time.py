"""Text for which Unicode normalization takes seconds is rejected at once, in every interface."""

import time

import pytest

from clinic.models import Doctor, Patient
from tests.support.api_client import Api, sign_in
from tests.support.fixtures.people import EVA, NEW_PASSWORD, PASSWORD

pytestmark = pytest.mark.django_db

# Normalizing it takes about a minute of CPU time.
MARKS = "a" + "\u0301\u0316" * 40_000
MAX_CPU_SECONDS = 5


@pytest.mark.parametrize("field", ["email", "password", "firstName", "lastName"])
def test_register_with_long_runs_of_accents_does_not_normalize_them(api: Api, field: str) -> None:
    text = f"{MARKS}@example.org" if field == "email" else MARKS
    started = time.process_time()
    api("Register", {"input": {**EVA, field: text}})
    assert time.process_time() - started < MAX_CPU_SECONDS


def test_sign_in_and_reset_with_long_runs_of_accents_do_not_normalize_them(api: Api) -> None:
    started = time.process_time()
    sign_in(api, f"eva@{MARKS}.org", PASSWORD)
    sign_in(api, "eva@example.org", MARKS)
    api("RequestPasswordReset", {"email": f"eva@{MARKS}.org"})
    assert time.process_time() - started < MAX_CPU_SECONDS


def test_profile_and_search_with_long_runs_of_accents_do_not_normalize_them(
    api: Api, dora: Doctor, ann: Patient
) -> None:
    started = time.process_time()
    for name in ("specialty", "phoneNumber"):
        api("UpsertProfile", {"input": {"doctor": {name: MARKS}}}, user=dora.user)
    for name in ("address", "emergencyContactName", "emergencyContactPhone"):
        api("UpsertProfile", {"input": {"patient": {name: MARKS}}}, user=ann.user)
    api("SearchDoctors", {"search": MARKS}, user=ann.user)
    api("SearchDoctors", {"specialty": MARKS}, user=ann.user)
    sent = {"oldPassword": MARKS, "newPassword": NEW_PASSWORD}
    api("ChangePassword", {"input": sent}, user=ann.user)
    assert time.process_time() - started < MAX_CPU_SECONDS
