"""Race conditions between threads that change one account, on the ``DATABASE_URL`` database.

Prints, as JSON, the different outcomes of each race. ``--random-tokens`` is the negative
control: the next refresh token is random instead of derived from the last one, so only one
thread receives it.
"""

import argparse
import contextlib
import datetime as dt
import json
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import time_machine
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection

from tests.support.api_client import Api
from tests.support.fixtures.people import PASSWORD, make_user
from tests.support.one_time_codes import code_of, enrol
from users import accounts, password_reset
from users.authentication import access_tokens, refresh_tokens, second_factor
from users.models import RefreshToken, User

THREADS = 8
Task = Callable[[], object]
Outcome = dict[str, Any]


def at_once(tasks: Sequence[Task]) -> list[Any]:
    """Run the tasks at the same moment, each on its own connection; return their results."""
    barrier = Barrier(len(tasks))

    def start(task: Task) -> object:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(start, tasks))


def refreshes() -> Outcome:
    """Eight requests rotate one refresh token."""
    token = accounts.sign_in("ann@example.org", PASSWORD).refresh_token
    answers = at_once([lambda: Api()("RefreshToken", {"refreshToken": token})] * THREADS)
    sessions = [answer["data"]["refreshToken"] for answer in answers if "errors" not in answer]
    return {
        "signed in": sum(
            access_tokens.authenticate(session["token"]).first_name == "Ann" for session in sessions
        ),
        "next tokens": len({session["refreshToken"] for session in sessions}),
        "spent": RefreshToken.objects.filter(used_at__isnull=False).count(),
        "rows": RefreshToken.objects.count(),
    }


def registrations() -> Outcome:
    """Eight requests register one email address, in different case."""
    account = {"password": PASSWORD, "firstName": "Eva", "lastName": "E", "role": "PATIENT"}
    addresses = ["Eva@Example.org", "eva@example.org"] * (THREADS // 2)

    def register(email: str) -> Any:
        return Api()("Register", {"input": {**account, "email": email}})["data"]["register"]

    answers = at_once([partial(register, address) for address in addresses])
    codes = Counter(m["code"] for answer in answers for m in answer.get("messages", []))
    return {
        "accounts": User.objects.filter(email__iexact="eva@example.org").count(),
        "registered": sum(answer["__typename"] == "User" for answer in answers),
        "rejected": dict(codes),
    }


def resets() -> Outcome:
    """Eight threads use one password reset token."""
    token = password_reset.make_token(User.objects.get(email="ann@example.org"))

    def reset(password: str) -> str:
        try:
            password_reset.reset(token=token, new_password=password)
        except ValidationError as error:
            return ",".join(error.error_dict)
        return "reset"

    results = at_once([partial(reset, f"a fresh long secret {n}") for n in range(THREADS)])
    return dict(Counter(results))


def end_while_rotating(end: Callable[[User, str], object]) -> Outcome:
    """One thread calls ``end`` while seven rotate the token of the session that it ends."""
    ann = User.objects.get(email="ann@example.org")
    token = accounts.sign_in(ann.email, PASSWORD).refresh_token

    def rotate() -> None:
        with contextlib.suppress(access_tokens.TokenError):
            refresh_tokens.rotate(token)

    at_once([lambda: end(ann, token), *[rotate] * (THREADS - 1)])
    return {"live": RefreshToken.objects.live().count()}


def revocation() -> Outcome:
    return end_while_rotating(lambda _, token: refresh_tokens.revoke(token))


def new_password() -> Outcome:
    return end_while_rotating(
        lambda ann, _: accounts.change_password(
            ann, old_password=PASSWORD, new_password="a fresh long secret"
        )
    )


def sign_ins() -> Outcome:
    """One thread changes the password while seven sign in with the old one."""
    ann = User.objects.get(email="ann@example.org")

    def sign_in() -> None:
        with contextlib.suppress(accounts.InvalidCredentials):
            accounts.sign_in(ann.email, PASSWORD)

    def change() -> None:
        accounts.change_password(ann, old_password=PASSWORD, new_password="a fresh long secret")

    at_once([change, *[sign_in] * (THREADS - 1)])
    return {"live": RefreshToken.objects.live().count()}


def one_time_codes() -> Outcome:
    """Eight threads use one recovery code, and then one code of the app."""
    ann = User.objects.get(email="ann@example.org")
    second_factor.reset(ann)
    secret, [recovery_code, *_] = enrol(ann)

    def use(code: str) -> str:
        try:
            second_factor.verify(ann, code)
        except second_factor.InvalidCode:
            return "invalid"
        return "accepted"

    codes = (recovery_code, code_of(secret, steps=1))
    results = [at_once([partial(use, code)] * THREADS) for code in codes]
    return dict(Counter(results[0] + results[1]))


RACES = (refreshes, registrations, resets, revocation, new_password, sign_ins, one_time_codes)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--random-tokens", action="store_true")
    options = parser.parse_args(arguments)
    if options.random_tokens:
        refresh_tokens._next_token = lambda *_: secrets.token_urlsafe(32)  # noqa: SLF001 - the negative control
    call_command("migrate", verbosity=0)
    races = (refreshes,) if options.random_tokens else RACES
    # The clock stands still: on a slow machine a one-time code or a grace period would end.
    with time_machine.travel(dt.datetime(2026, 3, 2, 7, tzinfo=dt.UTC), tick=False):
        verdicts = {race.__name__: run(race, options.rounds) for race in races}
    print(json.dumps(verdicts))  # noqa: T201 - read by the test


def run(
    race: Callable[[], Outcome],
    rounds: int,
    *,
    until: Callable[[Outcome], bool] = lambda _outcome: False,
) -> list[Outcome]:
    """Return the different outcomes of a race in so many rounds, or up to ``until``."""
    seen: list[Outcome] = []
    for _ in range(rounds):
        User.objects.all().delete()
        make_user("Ann")
        outcome = race()
        if outcome not in seen:
            seen.append(outcome)
        if until(outcome):
            break
    return seen
