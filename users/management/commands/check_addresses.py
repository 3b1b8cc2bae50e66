"""List the accounts whose email address needs review."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from users import email_addresses
from users.models import User


class Command(BaseCommand):
    help = (
        "List by user ID the accounts whose email address was stored by an earlier release and "
        "has no canonical form, or the same one as another account. They get no email. Exits "
        "with status 1 if there are any."
    )

    def handle(self, **_options: Any) -> None:
        stored = dict(User.objects.exclude(email=None).order_by("pk").values_list("pk", "email"))
        reasons = _reasons(email_addresses.review(stored))
        for pk, reason in sorted(reasons.items()):
            self.stdout.write(f"User {pk}: {reason}")
        if reasons:
            raise CommandError(f"{len(reasons)} of {len(stored)} email addresses need review.")
        self.stdout.write(f"All {len(stored)} email addresses are canonical.")


def _reasons(found: email_addresses.Review) -> dict[int, str]:
    """Return why each address needs review, by the primary key of its account."""
    return {
        **{pk: f"invalid. {email_addresses.MESSAGES[why]}" for pk, why in found.invalid.items()},
        **{
            pk: f"has the same canonical form as user {' and '.join(map(str, others))}."
            for pk, others in found.colliding.items()
        },
        **dict.fromkeys(
            found.convertible,
            "not in canonical form, which no other account has. Enter it.",
        ),
    }
