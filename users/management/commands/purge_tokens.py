from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from users.models import RefreshToken


class Command(BaseCommand):
    help = "Remove expired refresh tokens. Unexpired ones are kept, used or not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="report what would be removed, without removing it",
        )

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        expired = RefreshToken.objects.expired()
        if dry_run:
            self.stdout.write(f"{expired.count()} expired refresh tokens would be removed.")
        else:
            removed, _ = expired.delete()
            self.stdout.write(f"{removed} expired refresh tokens removed.")
