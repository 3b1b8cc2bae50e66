"""Races between threads that use links of emails, on the ``DATABASE_URL`` database.

Prints, as JSON, the different outcomes of each race. ``--without-locks`` is the negative control:
no account is locked before a link is created or used.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from functools import partial

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError
from django.utils import timezone

from tests.support.fixtures.people import make_user
from tests.users.account_races import Outcome, Task, at_once, run
from users import email_change, email_verification, invitations, one_time_links
from users.email_link import LIFETIMES
from users.models import EmailLink, Purpose, User

THREADS = 8
OLD, NEW, OTHER = "ann@example.org", "new@example.org", "other@example.org"
SECRET = "a fresh long secret"


def add_link(user: User, purpose: Purpose, address: str) -> str:
    """Store a link as ``create_link()`` and its task do; return its token."""
    token, now = f"{purpose} {address}", timezone.now()
    EmailLink.objects.create(
        user=user,
        purpose=purpose,
        address=address,
        invited_by=receptionist() if purpose is Purpose.INVITATION else None,
        token_hash=one_time_links.hash_of(token),
        created_at=now,
        expires_at=now + LIFETIMES[purpose],
    )
    return token


def ann() -> User:
    user: User = User.objects.get(first_name="Ann")
    return user


def receptionist() -> User:
    """Return a member of staff who can invite everybody."""
    staff = User.objects.filter(is_superuser=True).get_or_none()
    return staff or make_user("Rita", is_staff=True, is_superuser=True)


def result_of(task: Task) -> str:
    try:
        task()
    except ValidationError as error:
        return ",".join(error.error_dict)
    except IntegrityError:
        return "IntegrityError"  # in the negative control only
    return "done"


def count(tasks: Sequence[Task]) -> dict[str, int]:
    return dict(Counter(at_once([partial(result_of, task) for task in tasks])))


def verifications() -> Outcome:
    """Eight threads use one link."""
    User.objects.update(email_verified_at=None)
    token = add_link(ann(), Purpose.VERIFY, OLD)
    return count([partial(email_verification.use_link, token)] * THREADS)


def verification_and_change() -> Outcome:
    """Half of the threads verify the old address while the others change it."""
    User.objects.update(email_verified_at=None)
    verify, change = (
        add_link(ann(), Purpose.VERIFY, OLD),
        add_link(ann(), Purpose.CHANGE, NEW),
    )
    tasks = [partial(email_verification.use_link, token) for token in (verify, change)]
    results = count(tasks * (THREADS // 2))
    # If the address changed first, the link to the old one proves nothing any more.
    return {"changed": results["done"] >= 1, "address": ann().email, "verified": _is_verified()}


def verification_and_staff() -> Outcome:
    """One thread verifies the old address while staff enter another one, which stays unverified."""
    User.objects.update(email_verified_at=None)
    token = add_link(ann(), Purpose.VERIFY, OLD)

    def enter() -> None:
        user = ann()
        user.email = NEW
        user.save(update_fields=["email"])

    count([partial(email_verification.use_link, token), enter])
    return {"address": ann().email, "verified": _is_verified()}


def changes() -> Outcome:
    """Eight threads request changes to two addresses; one link to change it is left."""
    user = ann()
    requests = [
        partial(email_change._create_links, user.pk, user.password, address)  # noqa: SLF001 - without rate limits
        for address in (NEW, OTHER)
    ]
    results = count(requests * (THREADS // 2))
    links = Counter(EmailLink.objects.values_list("purpose", flat=True))
    return {**results, "links": dict(links)}


def two_accounts_change_to_one_address() -> Outcome:
    ben = make_user("Ben")
    tokens = [add_link(ann(), Purpose.CHANGE, NEW)]
    other = EmailLink.objects.get()
    other.pk, other.user, other.token_hash = None, ben, one_time_links.hash_of("other")
    other.save()
    tokens.append("other")
    results = count([partial(email_verification.use_link, token) for token in tokens])
    return {**results, "accounts": User.objects.filter(email=NEW).count()}


def change_and_stop() -> Outcome:
    """The old address stops the change while the new one confirms it: the old one stays."""
    change, stop = add_link(ann(), Purpose.CHANGE, NEW), add_link(ann(), Purpose.STOP, OLD)
    count([partial(email_verification.use_link, change), partial(email_change.stop, stop)])
    return {"address": ann().email, "links": EmailLink.objects.count()}


def invitations_() -> Outcome:
    """Eight threads invite one person to two addresses; one invitation is left."""
    User.objects.update(email=None, password="!")
    invite = [
        partial(invitations._create_link, ann().pk, address, ann())  # noqa: SLF001 - without rate limits
        for address in (NEW, OTHER)
    ]
    results = count(invite * (THREADS // 2))
    return {**results, "links": EmailLink.objects.count()}


def acceptances() -> Outcome:
    """Eight threads accept one invitation, each with a password of its own."""
    User.objects.update(email=None, password="!")
    token = add_link(ann(), Purpose.INVITATION, NEW)
    return count(
        [
            partial(invitations.accept, token=token, new_password=f"{SECRET} {number}")
            for number in range(THREADS)
        ]
    )


def _is_verified() -> bool:
    return ann().has_verified_email


RACES = (
    verifications,
    verification_and_change,
    verification_and_staff,
    changes,
    two_accounts_change_to_one_address,
    change_and_stop,
    invitations_,
    acceptances,
)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--without-locks", action="store_true")
    options = parser.parse_args(arguments)
    call_command("migrate", verbosity=0)
    cache.clear()
    if options.without_locks:
        one_time_links.lock_users = lambda *_: None
        several_links = run(invitations_, options.rounds, until=lambda found: found["links"] > 1)
        verdicts = {"invitations_": several_links}
    else:
        verdicts = {race.__name__: run(race, options.rounds) for race in RACES}
    print(json.dumps(verdicts))  # noqa: T201 - read by the test
