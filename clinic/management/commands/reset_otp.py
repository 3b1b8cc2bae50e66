"""Remove the second factor of somebody who has lost it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic import clock
from clinic.models import AccessAction, AccessRecord, Patient
from users.authentication import second_factor
from users.common.transactions import TransactionConflict, atomic_with_retry
from users.models import User

OPERATION = "reset_otp"


class Command(BaseCommand):
    help = (
        "Remove the second factor of a person who has lost the authenticator app and the recovery "
        "codes. Make sure that it is that person who asks. Staff set up a new one at the next "
        "sign-in. Leaves an entry in the audit log, and the person is emailed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the account's email address")
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be done, without doing it"
        )

    def handle(self, *, email: str, dry_run: bool, **_options: Any) -> None:
        found = User.objects.get_queryset().matching_email(email)
        if len(found) != 1:
            number = "no account" if not found else "more than one account"
            raise CommandError(f"There is {number} with this email address. Nothing was changed.")
        [user] = found
        if not second_factor.is_enabled(user):
            raise CommandError("This account has no second factor. Nothing was changed.")
        if dry_run:
            self.stdout.write(f"Would remove the second factor of account {user.pk}.")
            return
        try:
            _reset(user)
        except TransactionConflict as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        self.stdout.write(f"Removed the second factor of account {user.pk}.")


@atomic_with_retry
def _reset(user: User) -> None:
    """Remove the second factor and write the audit log, both or neither."""
    second_factor.reset(user)
    AccessRecord.objects.create(
        at=clock.now(),
        actor=user,
        patients=list(Patient.objects.filter(user=user).values_list("pk", flat=True)),
        action=AccessAction.CHANGE,
        operation=OPERATION,
        fields=["User.otpEnabled"],
    )
