"""Base class of the commands that change the account of one person."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from typing_extensions import override

from users.common.transactions import TransactionConflict
from users.models import User


class AccountCommand(BaseCommand):
    """Finds the person by email address or user ID and reports conflicts of transactions."""

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", nargs="?", help="the account's email address")
        parser.add_argument(
            "--id",
            type=int,
            dest="user_id",
            metavar="ID",
            help="the user ID instead, such as that of a person without an email address",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be done, without doing it"
        )

    @override
    def handle(
        self, *, email: str | None, user_id: int | None, dry_run: bool, **options: Any
    ) -> None:
        user = _find_person(email, user_id)
        try:
            self.handle_account(user, dry_run=dry_run, **options)
        except TransactionConflict as error:
            raise CommandError(f"Nothing was changed. {error}") from error

    def handle_account(self, user: User, *, dry_run: bool, **options: Any) -> None:
        """Run the command for ``user``. Raises CommandError and ``TransactionConflict``."""
        raise NotImplementedError


def _find_person(email: str | None, user_id: int | None) -> User:
    if (email is None) == (user_id is None):
        raise CommandError("Give either an email address or --id. Nothing was changed.")
    if email is not None:
        return _account_of(email)
    user = User.objects.filter(pk=user_id).get_or_none()
    if user is None:
        raise CommandError("There is no person with this ID. Nothing was changed.")
    return user


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
