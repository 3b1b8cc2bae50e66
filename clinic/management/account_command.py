"""Base class of the commands that change the account of one person."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from typing_extensions import override

from users.common.transactions import TransactionConflict
from users.models import User


class AccountCommand(BaseCommand):
    """Finds the account by its email address and reports conflicts of transactions."""

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the account's email address")
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be done, without doing it"
        )

    @override
    def handle(self, *, email: str, dry_run: bool, **_options: Any) -> None:
        try:
            self.handle_account(_account_of(email), dry_run=dry_run)
        except TransactionConflict as error:
            raise CommandError(f"Nothing was changed. {error}") from error

    def handle_account(self, user: User, *, dry_run: bool) -> None:
        """Run the command for ``user``. Raises CommandError and ``TransactionConflict``."""
        raise NotImplementedError


def _account_of(email: str) -> User:
    found = User.objects.get_queryset().matching_email(email)
    if not found:
        raise CommandError("There is no account with this email address. Nothing was changed.")
    if len(found) > 1:
        ids = " and ".join(str(user.pk) for user in found)
        raise CommandError(
            f"Users {ids} have this email address in two spellings. Nothing was changed: "
            "change one of the two addresses in the admin first."
        )
    return found[0]
