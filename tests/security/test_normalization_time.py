"""Text for which Unicode normalization takes seconds is rejected at once, in every interface."""

import time
import unicodedata

import pytest

from clinic.models import Doctor, Patient
from tests.support.api_client import Api, sign_in
from tests.support.fixtures.people import EVA, NEW_PASSWORD, PASSWORD

pytestmark = pytest.mark.django_db

# Normalizing it takes half a minute of computing time on a fast machine, as the time grows with
# the square of the length. Rejecting it takes less than a hundredth of that.
PAIRS = 80_000
MARKS = "a" + "\u0301\u0316" * PAIRS


@pytest.fixture(scope="module")
def most_seconds() -> float:
    """Half of the computing time that this machine needs to normalize the text."""
    started = time.process_time()
    unicodedata.normalize("NFC", MARKS[: len(MARKS) // 10])
    return (time.process_time() - started) * 100 / 2


@pytest.mark.parametrize("field", ["email", "password", "firstName", "lastName"])
def test_register_with_long_runs_of_accents_does_not_normalize_them(
    api: Api, field: str, most_seconds: float
) -> None:
    text = f"{MARKS}@example.org" if field == "email" else MARKS
    started = time.process_time()
    api("Register", {"input": {**EVA, field: text}})
    assert time.process_time() - started < most_seconds


def test_sign_in_and_reset_with_long_runs_of_accents_do_not_normalize_them(
    api: Api, most_seconds: float
) -> None:
    started = time.process_time()
    sign_in(api, f"eva@{MARKS}.org", PASSWORD)
    sign_in(api, "eva@example.org", MARKS)
    api("RequestPasswordReset", {"email": f"eva@{MARKS}.org"})
    assert time.process_time() - started < most_seconds


def test_profile_and_search_with_long_runs_of_accents_do_not_normalize_them(
    api: Api, dora: Doctor, ann: Patient, most_seconds: float
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
    assert time.process_time() - started < most_seconds
