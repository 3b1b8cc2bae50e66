"""Passwords and addresses tried in numbers."""

import datetime as dt
import ipaddress
import json
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from pytest_django import Settings

from clinic.models import Doctor, Patient
from tests.contract.documents import document_of
from tests.support.api_client import Api, GraphQLResult
from tests.support.fixtures.people import PASSWORD
from tests.support.graphql_responses import error_code
from users.authentication import refresh_tokens
from users.models import User

WRONG = "not the password"
ATTACKER, OFFICE = "203.0.113.7", "198.51.100.4"


def try_password(
    email: str, password: str, *, address: str = ATTACKER, **headers: str
) -> GraphQLResult:
    response = Client(REMOTE_ADDR=address).post(
        "/graphql/",
        {"query": document_of("TokenAuth"), "variables": {"email": email, "password": password}},
        content_type="application/json",
        headers=headers,
    )
    answer: GraphQLResult = response.json()
    return answer


def code_of(answer: GraphQLResult) -> str:
    return error_code(answer) if "errors" in answer else "signed in"


def fail(email: str, times: int, *, address: str = ATTACKER) -> list[str]:
    return [code_of(try_password(email, WRONG, address=address)) for _ in range(times)]


def test_guessing_a_password_is_refused_after_five_failures(ann: Patient) -> None:
    assert fail(ann.user.email, 5) == ["INVALID_CREDENTIALS"] * 5
    assert try_password(ann.user.email, PASSWORD) == {
        "data": None,
        "errors": [
            {
                "message": "Too many tries. Try again later.",
                "locations": [{"line": 2, "column": 3}],
                "path": ["tokenAuth"],
                "extensions": {"code": "RATE_LIMITED", "retryAfter": 900},
            }
        ],
        "extensions": {"cost": 10},
    }


def test_guessing_goes_on_where_the_limit_is_switched_off(ann: Patient, settings: Settings) -> None:
    """The guard's control: without it nothing is refused."""
    settings.RATE_LIMIT_ENABLED = settings.AXES_ENABLED = settings.RATELIMIT_ENABLE = False
    assert fail(ann.user.email, 7) == ["INVALID_CREDENTIALS"] * 7
    assert code_of(try_password(ann.user.email, PASSWORD)) == "signed in"


def test_a_known_and_an_unknown_address_are_answered_alike(ann: Patient) -> None:
    known = [try_password(ann.user.email, WRONG) for _ in range(7)]
    unknown = [try_password("nobody@example.org", WRONG) for _ in range(7)]
    assert known == unknown


def test_nobody_can_lock_a_doctor_out_from_elsewhere(dora: Doctor) -> None:
    fail(dora.user.email, 10)
    assert code_of(try_password(dora.user.email, PASSWORD, address=OFFICE)) == "signed in"


def test_other_capitals_are_the_same_account(ann: Patient) -> None:
    fail(ann.user.email, 3)
    fail(ann.user.email.upper(), 2)
    assert code_of(try_password(ann.user.email, PASSWORD)) == "RATE_LIMITED"


def test_after_the_time_told_the_owner_gets_in(ann: Patient, clock: time_machine.Traveller) -> None:
    fail(ann.user.email, 5)
    refused = try_password(ann.user.email, PASSWORD)
    clock.shift(dt.timedelta(seconds=refused["errors"][0]["extensions"]["retryAfter"] + 1))
    assert code_of(try_password(ann.user.email, PASSWORD)) == "signed in"


def test_getting_in_forgets_the_failures_before(ann: Patient) -> None:
    fail(ann.user.email, 4)
    assert code_of(try_password(ann.user.email, PASSWORD)) == "signed in"
    assert fail(ann.user.email, 4) == ["INVALID_CREDENTIALS"] * 4


def test_an_account_tried_from_everywhere_leaves_each_address_one_try(ann: Patient) -> None:
    for host in range(1, 11):
        fail(ann.user.email, 5, address=f"192.0.2.{host}")
    fresh = "192.0.2.99"
    assert fail(ann.user.email, 2, address=fresh) == ["INVALID_CREDENTIALS", "RATE_LIMITED"]
    assert code_of(try_password(ann.user.email, PASSWORD, address=OFFICE)) == "signed in"


def test_one_address_cannot_try_one_password_on_every_account(ann: Patient) -> None:
    tried = [code_of(try_password(f"p{n}@example.org", WRONG)) for n in range(101)]
    assert tried == ["INVALID_CREDENTIALS"] * 100 + ["RATE_LIMITED"]


def test_an_ipv6_household_is_one_client(ann: Patient) -> None:
    for n in range(100):
        try_password(f"p{n}@example.org", WRONG, address=f"2001:db8::{n + 1:x}")
    assert code_of(try_password("q@example.org", WRONG, address="2001:db8::ffff")) == "RATE_LIMITED"
    assert code_of(try_password("q@example.org", WRONG, address="2001:db8:0:1::1")) == (
        "INVALID_CREDENTIALS"
    )


def test_an_account_is_locked_for_the_whole_of_an_ipv6_household(ann: Patient) -> None:
    tries = [
        code_of(try_password(ann.user.email, WRONG, address=f"2001:db8::{n:x}"))
        for n in range(1, 7)
    ]
    assert tries == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"]
    assert code_of(try_password(ann.user.email, PASSWORD, address="2001:db8::7")) == "RATE_LIMITED"
    assert code_of(try_password(ann.user.email, PASSWORD, address="2001:db8:0:1::1")) == "signed in"
    # To have got in once does not forget the failures of another household.
    assert code_of(try_password(ann.user.email, PASSWORD, address="2001:db8::8")) == "RATE_LIMITED"


@pytest.mark.parametrize(
    "spelling", ["änn@example.org", "ann@éxample.org", "ann@example.org\u0301"]
)
def test_an_account_has_one_spelling_and_so_one_count_of_tries(ann: Patient, spelling: str) -> None:
    assert code_of(try_password("ANN@Example.org ", PASSWORD)) == "signed in"
    assert code_of(try_password(spelling, PASSWORD)) == "INVALID_CREDENTIALS"


def test_a_forged_forwarding_header_makes_no_new_client(ann: Patient) -> None:
    for n in range(5):
        try_password(ann.user.email, WRONG, **{"X-Forwarded-For": f"192.0.2.{n}"})
    forged = try_password(ann.user.email, PASSWORD, **{"X-Forwarded-For": "192.0.2.9"})
    assert code_of(forged) == "RATE_LIMITED"


def test_behind_a_trusted_proxy_clients_are_told_apart(ann: Patient, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = networks("203.0.113.0/24")
    for n in range(5):
        # What the client wrote stands before what the proxy did.
        try_password(ann.user.email, WRONG, **{"X-Forwarded-For": f"192.0.2.{n}, 192.0.2.50"})
    same = try_password(ann.user.email, PASSWORD, **{"X-Forwarded-For": "1.1.1.1, 192.0.2.50"})
    other = try_password(ann.user.email, PASSWORD, **{"X-Forwarded-For": "192.0.2.51"})
    assert (code_of(same), code_of(other)) == ("RATE_LIMITED", "signed in")


def networks(text: str) -> Any:
    return [ipaddress.ip_network(text)]


def test_the_admins_door_counts_with_the_same_guard(sam: User) -> None:
    client = Client(REMOTE_ADDR=ATTACKER)
    form = {"username": sam.email, "password": WRONG}
    statuses = [client.post("/admin/login/", form).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    right = client.post("/admin/login/", {**form, "password": PASSWORD})
    assert right.status_code == 429
    assert code_of(try_password(sam.email, PASSWORD)) == "RATE_LIMITED"
    office = Client(REMOTE_ADDR=OFFICE)
    assert office.post("/admin/login/", {**form, "password": PASSWORD}).status_code == 302


RESET = "mutation ($email: String!) { requestPasswordReset(email: $email) }"


def test_letters_cannot_be_sent_by_the_dozen_and_tell_nothing_by_it(api: Api, ann: Patient) -> None:
    known = [api(RESET, {"email": ann.user.email}) for _ in range(7)]
    unknown = [api(RESET, {"email": "nobody@example.org"}) for _ in range(7)]
    assert known[:5] == unknown[:5] == [{"data": {"requestPasswordReset": True}}] * 5
    assert [code_of(answer) for answer in known[5:] + unknown[5:]] == ["RATE_LIMITED"] * 4


def test_another_spelling_of_an_address_gets_no_more_letters(api: Api, ann: Patient) -> None:
    spellings = ["ann@example.org", "ANN@example.org", " ann@example.org", "\uff41nn@example.org"]
    answers = [api(RESET, {"email": spelling}) for spelling in spellings * 2]
    assert [code_of(answer) for answer in answers[5:]] == ["RATE_LIMITED"] * 3


def test_addresses_cannot_be_looked_up_by_registering_them(api: Api, ann: Patient) -> None:
    taken = {
        "email": ann.user.email,
        "password": PASSWORD,
        "firstName": "A",
        "lastName": "B",
        "role": "PATIENT",
    }
    answers = [api("Register", {"input": taken}) for _ in range(61)]
    assert [code_of(answers[-1])] == ["RATE_LIMITED"]
    assert all("errors" not in answer for answer in answers[:-1])


def test_a_stolen_token_cannot_try_old_passwords(api: Api, ann: Patient) -> None:
    variables = {"input": {"oldPassword": WRONG, "newPassword": "another horse entirely"}}
    answers = [api("ChangePassword", variables, user=ann.user) for _ in range(11)]
    assert all("errors" not in answer for answer in answers[:-1])
    assert code_of(answers[-1]) == "RATE_LIMITED"


def flood(times: int, **sent: Any) -> Any:
    client = Client(REMOTE_ADDR=ATTACKER)
    for _ in range(times):
        response = client.post("/graphql/", b"{", content_type="application/json", **sent)
    return response


def test_a_flood_from_one_address_is_refused_before_it_is_read() -> None:
    assert flood(1200).status_code == 400
    response = flood(1)
    answer = json.loads(response.content)
    retry_after = answer["errors"][0]["extensions"]["retryAfter"]
    assert (response.status_code, response["Retry-After"], answer) == (
        429,
        str(retry_after),
        {
            "errors": [
                {
                    "message": "Too many tries. Try again later.",
                    "extensions": {"code": "RATE_LIMITED", "retryAfter": retry_after},
                }
            ]
        },
    )
    assert 0 < retry_after <= 60


def test_a_flood_from_one_account_is_refused_wherever_it_comes_from(
    api: Api, ann: Patient, ben: Patient
) -> None:
    token = refresh_tokens.start(ann.user).access_token
    flood(600, headers={"Authorization": f"JWT {token}"})
    assert code_of(api("{ clinic { today } }", token=token)) == "RATE_LIMITED"
    assert "errors" not in api("{ clinic { today } }", user=ben.user)


def test_production_is_not_allowed_without_limits(settings: Settings) -> None:
    settings.RATE_LIMIT_ENABLED = False
    with pytest.raises(SystemCheckError, match=r"cybermed\.E002"):
        call_command("check", deploy=True, fail_level="ERROR")
