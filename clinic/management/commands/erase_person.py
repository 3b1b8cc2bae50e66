"""Erase a person's data at their request."""

from typing_extensions import override

from clinic import clock
from clinic.management.account_command import AccountCommand
from clinic.privacy import erasure
from users.models import User


class Command(AccountCommand):
    help = (
        "Permanently replace a person by a pseudonym. Removes account data, contact details, "
        "avatar and sessions, and cancels future appointments. Completed appointments and the "
        "audit log are kept, as the law requires."
    )

    @override
    def handle_account(self, user: User, *, dry_run: bool) -> None:
        now = clock.now()
        if dry_run:
            appointments = len(erasure.open_appointments(user, now))
            report = {"appointments to cancel": appointments} | erasure.retained_counts(user)
            self.stdout.write(f"Would erase account {user.pk}:")
        else:
            report = erasure.erase_user(user, now)
            self.stdout.write(f"Erased account {user.pk}:")
        for label, count in report.items():
            self.stdout.write(f"  {label}: {count}")
