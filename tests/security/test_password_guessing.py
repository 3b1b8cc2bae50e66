"""Tests of the rate limits against guessing passwords, probing accounts and floods."""

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
from tests.support.admin_client import AdminClient
from tests.support.api_client import Api, GraphQLResult
from tests.support.fixtures.people import NEW_PASSWORD, PASSWORD
from tests.support.graphql_responses import error_code
from users.authentication import refresh_tokens
from users.common.request_costs import REQUEST_COST
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
    """Attempt to sign in with a wrong password ``times`` times; return the error codes."""
    return [code_of(try_password(email, WRONG, address=address)) for _ in range(times)]


def test_token_auth_rejects_correct_password_after_five_failures(ann: Patient) -> None:
    assert fail(ann.user.email, 5) == ["INVALID_CREDENTIALS"] * 5
    assert try_password(ann.user.email, PASSWORD) == {
        "data": None,
        "errors": [
            {
                "message": "Too many attempts. Try again in 900 seconds.",
                "locations": [{"line": 2, "column": 3}],
                "path": ["tokenAuth"],
                "extensions": {"code": "RATE_LIMITED", "retryAfter": 900},
            }
        ],
        "extensions": {"cost": 10},
    }


def test_token_auth_allows_guessing_without_rate_limits(ann: Patient, settings: Settings) -> None:
    """Negative control: without the limits nothing is rejected."""
    settings.RATE_LIMIT_ENABLED = settings.RATELIMIT_ENABLE = False
    assert fail(ann.user.email, 7) == ["INVALID_CREDENTIALS"] * 7
    assert code_of(try_password(ann.user.email, PASSWORD)) == "signed in"


def test_token_auth_responds_alike_for_known_and_unknown_email(ann: Patient) -> None:
    known = [try_password(ann.user.email, WRONG) for _ in range(7)]
    unknown = [try_password("nobody@example.org", WRONG) for _ in range(7)]
    assert known == unknown


def test_failures_of_one_client_do_not_lock_out_other_clients(dora: Doctor) -> None:
    fail(dora.user.email, 10)
    assert code_of(try_password(dora.user.email, PASSWORD, address=OFFICE)) == "signed in"


def test_failures_are_counted_case_insensitively(ann: Patient) -> None:
    fail(ann.user.email, 3)
    fail(ann.user.email.upper(), 2)
    assert code_of(try_password(ann.user.email, PASSWORD)) == "RATE_LIMITED"


def test_token_auth_accepts_password_after_retry_after(
    ann: Patient, clock: time_machine.Traveller
) -> None:
    fail(ann.user.email, 5)
    rejected = try_password(ann.user.email, PASSWORD)
    clock.shift(dt.timedelta(seconds=rejected["errors"][0]["extensions"]["retryAfter"] + 1))
    assert code_of(try_password(ann.user.email, PASSWORD)) == "signed in"


def test_successful_sign_in_resets_failures(ann: Patient) -> None:
    fail(ann.user.email, 4)
    assert code_of(try_password(ann.user.email, PASSWORD)) == "signed in"
    assert fail(ann.user.email, 4) == ["INVALID_CREDENTIALS"] * 4


def test_account_attacked_by_many_clients_allows_one_attempt_per_client(ann: Patient) -> None:
    for host in range(1, 11):
        fail(ann.user.email, 5, address=f"192.0.2.{host}")
    fresh = "192.0.2.99"
    assert fail(ann.user.email, 2, address=fresh) == ["INVALID_CREDENTIALS", "RATE_LIMITED"]
    assert code_of(try_password(ann.user.email, PASSWORD, address=OFFICE)) == "signed in"


def test_failures_of_one_client_are_limited_across_accounts(ann: Patient) -> None:
    codes = [code_of(try_password(f"p{n}@example.org", WRONG)) for n in range(101)]
    assert codes == ["INVALID_CREDENTIALS"] * 100 + ["RATE_LIMITED"]


def test_ipv6_network_counts_as_one_client(ann: Patient) -> None:
    for n in range(100):
        try_password(f"p{n}@example.org", WRONG, address=f"2001:db8::{n + 1:x}")
    assert code_of(try_password("q@example.org", WRONG, address="2001:db8::ffff")) == "RATE_LIMITED"
    assert code_of(try_password("q@example.org", WRONG, address="2001:db8:0:1::1")) == (
        "INVALID_CREDENTIALS"
    )


def test_account_is_locked_for_whole_ipv6_network(ann: Patient) -> None:
    codes = [
        code_of(try_password(ann.user.email, WRONG, address=f"2001:db8::{n:x}"))
        for n in range(1, 7)
    ]
    assert codes == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"]
    assert code_of(try_password(ann.user.email, PASSWORD, address="2001:db8::7")) == "RATE_LIMITED"
    assert code_of(try_password(ann.user.email, PASSWORD, address="2001:db8:0:1::1")) == "signed in"
    # A successful sign-in from one network does not reset the failures of another.
    assert code_of(try_password(ann.user.email, PASSWORD, address="2001:db8::8")) == "RATE_LIMITED"


@pytest.mark.parametrize(
    "spelling", ["änn@example.org", "ann@éxample.org", "ann@example.org\u0301"]
)
def test_similar_email_is_another_account(ann: Patient, spelling: str) -> None:
    assert code_of(try_password("ANN@Example.org ", PASSWORD)) == "signed in"
    assert code_of(try_password(spelling, PASSWORD)) == "INVALID_CREDENTIALS"


def test_forged_x_forwarded_for_does_not_change_the_client(ann: Patient) -> None:
    for n in range(5):
        try_password(ann.user.email, WRONG, **{"X-Forwarded-For": f"192.0.2.{n}"})
    forged = try_password(ann.user.email, PASSWORD, **{"X-Forwarded-For": "192.0.2.9"})
    assert code_of(forged) == "RATE_LIMITED"


def test_trusted_proxy_clients_are_counted_separately(ann: Patient, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = networks("203.0.113.0/24")
    for n in range(5):
        # The first address was sent by the client, the second appended by the proxy.
        try_password(ann.user.email, WRONG, **{"X-Forwarded-For": f"192.0.2.{n}, 192.0.2.50"})
    same = try_password(ann.user.email, PASSWORD, **{"X-Forwarded-For": "1.1.1.1, 192.0.2.50"})
    other = try_password(ann.user.email, PASSWORD, **{"X-Forwarded-For": "192.0.2.51"})
    assert (code_of(same), code_of(other)) == ("RATE_LIMITED", "signed in")


def networks(text: str) -> Any:
    return [ipaddress.ip_network(text)]


def test_admin_login_shares_failures_with_token_auth(sam: User) -> None:
    client = Client(REMOTE_ADDR=ATTACKER)
    form = {"username": sam.email, "password": WRONG}
    statuses = [client.post("/admin/login/", form).status_code for _ in range(6)]
    assert statuses == [200, 200, 200, 200, 200, 429]
    correct = client.post("/admin/login/", {**form, "password": PASSWORD})
    assert (correct.status_code, correct["Retry-After"]) == (429, "900")
    assert correct.context["form"].non_field_errors() == [
        "Too many attempts. Try again in 900 seconds."
    ]
    assert code_of(try_password(sam.email, PASSWORD)) == "RATE_LIMITED"
    office = Client(REMOTE_ADDR=OFFICE)
    assert office.post("/admin/login/", {**form, "password": PASSWORD}).status_code == 302


RESET = "mutation ($email: String!) { requestPasswordReset(email: $email) }"


def test_request_password_reset_is_limited_alike_for_known_and_unknown_email(
    api: Api, ann: Patient
) -> None:
    known = [api(RESET, {"email": ann.user.email}) for _ in range(7)]
    unknown = [api(RESET, {"email": "nobody@example.org"}) for _ in range(7)]
    assert known[:5] == unknown[:5] == [{"data": {"requestPasswordReset": True}}] * 5
    assert [code_of(answer) for answer in known[5:] + unknown[5:]] == ["RATE_LIMITED"] * 4


def test_request_password_reset_limit_normalizes_email(api: Api, ann: Patient) -> None:
    spellings = ["ann@example.org", "ANN@example.org", " ann@example.org", "\uff41nn@example.org"]
    answers = [api(RESET, {"email": spelling}) for spelling in spellings * 2]
    assert [code_of(answer) for answer in answers[5:]] == ["RATE_LIMITED"] * 3


def test_register_is_limited_per_client(api: Api, ann: Patient) -> None:
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


def test_change_password_is_limited_per_user(api: Api, ann: Patient) -> None:
    variables = {"input": {"oldPassword": WRONG, "newPassword": "another horse entirely"}}
    answers = [api("ChangePassword", variables, user=ann.user) for _ in range(11)]
    assert all("errors" not in answer for answer in answers[:-1])
    assert code_of(answers[-1]) == "RATE_LIMITED"


def send_malformed(times: int, **sent: Any) -> Any:
    client = Client(REMOTE_ADDR=ATTACKER)
    for _ in range(times):
        response = client.post("/graphql/", b"{", content_type="application/json", **sent)
    return response


@pytest.fixture
def _minute_of_20_requests(settings: Settings) -> None:
    """Of an account; fewer where they take longer than estimated. A client network has twice."""
    settings.MAX_COST_PER_MINUTE = 20 * REQUEST_COST


@pytest.mark.usefixtures("_minute_of_20_requests")
def test_requests_of_one_client_are_limited_before_parsing() -> None:
    assert send_malformed(1).status_code == 400
    response = send_malformed(40)
    answer = json.loads(response.content)
    retry_after = answer["errors"][0]["extensions"]["retryAfter"]
    assert (response.status_code, response["Retry-After"], answer) == (
        429,
        str(retry_after),
        {
            "errors": [
                {
                    "message": f"Too many attempts. Try again in {retry_after} seconds.",
                    "extensions": {"code": "RATE_LIMITED", "retryAfter": retry_after},
                }
            ]
        },
    )
    assert 0 < retry_after <= 60


@pytest.mark.usefixtures("_minute_of_20_requests")
def test_requests_of_one_user_are_limited_across_clients(
    api: Api, ann: Patient, ben: Patient
) -> None:
    token = refresh_tokens.start(ann.user).access_token
    send_malformed(20, headers={"Authorization": f"JWT {token}"})
    assert code_of(api("{ clinic { today } }", token=token)) == "RATE_LIMITED"
    assert "errors" not in api("{ clinic { today } }", user=ben.user)


def test_check_deploy_fails_without_rate_limits(settings: Settings) -> None:
    settings.RATE_LIMIT_ENABLED = False
    with pytest.raises(SystemCheckError, match=r"cybermed\.E002"):
        call_command("check", deploy=True, fail_level="ERROR")


def test_guessing_the_old_password_in_an_open_session_is_limited_at_both_doors(
    api: Api, sam: User
) -> None:
    """Ten attempts in 15 minutes, in the admin and by the API together."""
    wrong = {"oldPassword": WRONG, "newPassword": NEW_PASSWORD}
    for _ in range(5):
        api("ChangePassword", {"input": wrong}, user=sam)
    client = AdminClient(sam).client
    new = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    pages = [
        client.post("/admin/password_change/", {"old_password": password, **new})
        for password in (*[WRONG] * 5, PASSWORD)
    ]
    incorrect = "Your old password was entered incorrectly. Please enter it again."
    assert [page.context["form"].errors["old_password"] for page in pages[:5]] == [[incorrect]] * 5
    [limited] = pages[5].context["form"].errors["old_password"]
    assert limited.startswith("Too many attempts.")
    assert code_of(api("ChangePassword", {"input": wrong}, user=sam)) == "RATE_LIMITED"
