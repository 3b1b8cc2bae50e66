from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import QuerySet

from users.models import EmailLink, RefreshToken


class Command(BaseCommand):
    help = (
        "Remove expired refresh tokens and links of emails. Unexpired tokens are kept, used or not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="report what would be removed, without removing it",
        )

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        self._remove(RefreshToken.objects.expired(), "refresh tokens", dry_run=dry_run)
        expired_links = EmailLink.objects.expired()
        if expired_links.exists():
            self._remove(expired_links, "links of emails", dry_run=dry_run)

    def _remove(self, expired: QuerySet[Any], name: str, *, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write(f"{expired.count()} expired {name} would be removed.")
        else:
            removed, _ = expired.delete()
            self.stdout.write(f"{removed} expired {name} removed.")
