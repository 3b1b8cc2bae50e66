"""Erase a person's data at their request."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic import clock
from clinic.privacy import erasure
from users.common.transactions import TransactionConflict
from users.models import User


class Command(BaseCommand):
    help = (
        "Permanently replace a person by a pseudonym. Removes account data, contact details, "
        "avatar and sessions, and cancels future appointments. Completed appointments and the "
        "audit log are kept, as the law requires."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the account's email address")
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be done, without doing it"
        )

    def handle(self, *, email: str, dry_run: bool, **_options: Any) -> None:
        found = User.objects.get_queryset().matching_email(email)
        if not found:
            raise CommandError("There is no account with this email address.")
        if len(found) > 1:
            ids = " and ".join(str(user.pk) for user in found)
            raise CommandError(
                f"Users {ids} have this email address in two spellings. Nothing was erased: "
                "change one of the two addresses in the admin first."
            )
        [user] = found
        now = clock.now()
        if dry_run:
            appointments = len(erasure.open_appointments(user, now))
            report = {"appointments to cancel": appointments} | erasure.retained_counts(user)
            self.stdout.write(f"Would erase account {user.pk}:")
        else:
            report = self._erase(user, now)
            self.stdout.write(f"Erased account {user.pk}:")
        for label, count in report.items():
            self.stdout.write(f"  {label}: {count}")

    def _erase(self, user: User, now: dt.datetime) -> dict[str, int]:
        try:
            return erasure.erase_user(user, now)
        except TransactionConflict as error:
            raise CommandError(f"Nothing was changed. {error}") from error
