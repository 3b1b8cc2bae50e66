"""Races between threads over accounts, on the database of ``DATABASE_URL``.

Prints, as JSON, which outcomes each race had. ``--drawn-tokens`` is the negative
control: the next refresh token is drawn instead of derived, so that whoever loses
the race cannot be told it.
"""

import argparse
import contextlib
import json
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection

from tests.support.api_client import Api
from tests.support.fixtures.people import PASSWORD, make_user
from users import accounts, password_reset
from users.authentication import access_tokens, refresh_tokens
from users.models import RefreshToken, User

THREADS = 8
Task = Callable[[], object]
Outcome = dict[str, Any]


def at_once(tasks: Sequence[Task]) -> list[Any]:
    """Do the tasks at the same moment, each on a connection of its own."""
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
    """One refresh token, spent by eight requests."""
    token = accounts.sign_in("ann@example.org", PASSWORD).refresh_token
    answers = at_once([lambda: Api()("RefreshToken", {"refreshToken": token})] * THREADS)
    given = [answer["data"]["refreshToken"] for answer in answers if "errors" not in answer]
    return {
        "signed in": sum(
            access_tokens.authenticate(each["token"]).first_name == "Ann" for each in given
        ),
        "next tokens": len({each["refreshToken"] for each in given}),
        "spent": RefreshToken.objects.filter(used_at__isnull=False).count(),
        "rows": RefreshToken.objects.count(),
    }


def registrations() -> Outcome:
    """One address in different capitals, registered by eight."""
    account = {"password": PASSWORD, "firstName": "Eva", "lastName": "E", "role": "PATIENT"}
    addresses = ["Eva@Example.org", "eva@example.org"] * (THREADS // 2)

    def register(email: str) -> Any:
        return Api()("Register", {"input": {**account, "email": email}})["data"]["register"]

    answers = at_once([partial(register, address) for address in addresses])
    codes = Counter(m["code"] for answer in answers for m in answer.get("messages", []))
    return {
        "accounts": User.objects.filter(email__iexact="eva@example.org").count(),
        "registered": sum(answer["__typename"] == "User" for answer in answers),
        "refused": dict(codes),
    }


def resets() -> Outcome:
    """One reset token, spent by eight."""
    token = password_reset.make_token(User.objects.get(email="ann@example.org"))

    def reset(password: str) -> str:
        try:
            password_reset.reset(token=token, new_password=password)
        except ValidationError as error:
            return ",".join(error.error_dict)
        return "reset"

    told = at_once([partial(reset, f"a fresh long secret {n}") for n in range(THREADS)])
    return dict(Counter(told))


def endings(end: Callable[[User, str], object]) -> Outcome:
    """A sign-in that is being ended, while seven spend its token or sign in anew."""
    ann = User.objects.get(email="ann@example.org")
    token = accounts.sign_in(ann.email, PASSWORD).refresh_token

    def rotate() -> None:
        with contextlib.suppress(access_tokens.TokenError):
            refresh_tokens.rotate(token)

    at_once([lambda: end(ann, token), *[rotate] * (THREADS - 1)])
    return {"live": RefreshToken.objects.live().count()}


def revocation() -> Outcome:
    return endings(lambda _, token: refresh_tokens.revoke(token))


def new_password() -> Outcome:
    return endings(
        lambda ann, _: accounts.change_password(
            ann, old_password=PASSWORD, new_password="a fresh long secret"
        )
    )


def sign_ins() -> Outcome:
    """A password that is being changed, while seven sign in with it."""
    ann = User.objects.get(email="ann@example.org")

    def sign_in() -> None:
        with contextlib.suppress(accounts.InvalidCredentials):
            accounts.sign_in(ann.email, PASSWORD)

    def change() -> None:
        accounts.change_password(ann, old_password=PASSWORD, new_password="a fresh long secret")

    at_once([change, *[sign_in] * (THREADS - 1)])
    return {"live": RefreshToken.objects.live().count()}


RACES = (refreshes, registrations, resets, revocation, new_password, sign_ins)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--drawn-tokens", action="store_true")
    options = parser.parse_args(arguments)
    if options.drawn_tokens:
        refresh_tokens._next_token = lambda _: secrets.token_urlsafe(32)  # type: ignore[assignment]  # noqa: SLF001 - the sabotage
    call_command("migrate", verbosity=0)
    races = (refreshes,) if options.drawn_tokens else RACES
    verdicts = {race.__name__: run(race, options.rounds) for race in races}
    print(json.dumps(verdicts))  # noqa: T201 - this is its answer


def run(race: Callable[[], Outcome], rounds: int) -> list[Outcome]:
    """The different outcomes seen in so many rounds."""
    seen: list[Outcome] = []
    for _ in range(rounds):
        User.objects.all().delete()
        make_user("Ann")
        outcome = race()
        if outcome not in seen:
            seen.append(outcome)
    return seen
