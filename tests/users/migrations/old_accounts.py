"""An account with a session from before migration 0011, migrated forwards, back and forwards again.

Runs on the database of ``DATABASE_URL``. Prints, as JSON, after each migration forwards when the
session started and when the email address was verified.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from tests.support.migrations import migrate
from users.models import RefreshToken, User

OLD = ("users", "0010_names_in_nfc")
JOINED, SIGNED_IN = (dt.datetime(2026, month, 1, 12, tzinfo=dt.UTC) for month in (1, 2))


def main(_arguments: Sequence[str]) -> None:
    _fill(migrate(*OLD))
    migrate()
    states = [_state()]
    migrate(*OLD)
    migrate()
    states.append(_state())
    print(json.dumps(states, default=str))  # noqa: T201 - read by the test


def _fill(apps: Any) -> None:
    user = apps.get_model("users.User").objects.create(
        email="ann@example.org", first_name="A", last_name="B", date_joined=JOINED
    )
    apps.get_model("users.RefreshToken").objects.create(
        user=user,
        token_hash="0" * 64,
        created_at=SIGNED_IN,
        expires_at=SIGNED_IN + dt.timedelta(days=14),
    )


def _state() -> dict[str, object]:
    return {
        "session_started_at": RefreshToken.objects.get().session_started_at,
        "email_verified_at": User.objects.get().email_verified_at,
    }
