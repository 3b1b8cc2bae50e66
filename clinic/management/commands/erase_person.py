"""Forget a person on their request."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic import clock
from clinic.privacy import erasure
from users.models import User


class Command(BaseCommand):
    help = (
        "Replace a person by a pseudonym, for good: account, contact data, picture and "
        "sign-ins go, appointments to come are called off. Appointments that took place and the audit "
        "stay, as the law wants."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the account's address")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be done, and do nothing"
        )

    def handle(self, *, email: str, dry_run: bool, **_options: Any) -> None:
        user = User.objects.filter(email=User.objects.normalize_email(email)).get_or_none()
        if user is None:
            raise CommandError("No account has this address.")
        now = clock.now()
        if dry_run:
            appointments = len(erasure.open_appointments(user, now))
            report = {"appointments to call off": appointments} | erasure.retained_counts(user)
            self.stdout.write(f"Would erase account {user.pk}:")
        else:
            report = erasure.erase_user(user, now)
            self.stdout.write(f"Erased account {user.pk}:")
        for what, count in report.items():
            self.stdout.write(f"  {what}: {count}")
