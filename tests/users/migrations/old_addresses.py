"""Email addresses from before migration 0007, migrated forwards, backwards and forwards again.

Runs on the database of ``DATABASE_URL``. Prints, as JSON, the address of each account after each
migration, and its mark where there is one.
"""

import json
from collections.abc import Sequence
from typing import Any

from tests.support.migrations import migrate
from users.models import User

OLD = ("users", "0004_wording")
ADDRESSES = [
    "ann@example.org",
    "eva@straße.de",
    "eva@strasse.de",
    "user@münchen-praxis.de",
    "user@xn--mnchen-praxis-wob.de",
    "ben@mün\u00adchen.de",
    "ben@mün\u200bchen.de",
    "adm\u0131n@example.org",
    "admin@example.org",
    '"quoted"@example.org',
    "lone@münchen-praxis.de",
]


def main(_arguments: Sequence[str]) -> None:
    _fill(migrate(*OLD))
    states = []
    migrate()
    states.append(_marked_state())
    old = migrate(*OLD)
    states.append(list(_accounts(old).order_by("pk").values_list("email", flat=True)))
    migrate()
    states.append(_marked_state())
    print(json.dumps(states))  # noqa: T201 - read by the test


def _accounts(apps: Any) -> Any:
    return apps.get_model("users.User").objects


def _fill(apps: Any) -> None:
    for email in ADDRESSES:
        _accounts(apps).create(email=email, first_name="A", last_name="B")


def _marked_state() -> list[tuple[str, bool]]:
    return list(User.objects.order_by("pk").values_list("email", "email_needs_review"))
