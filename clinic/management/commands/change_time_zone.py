"""Accept another ``TIME_ZONE`` for the dates and times in the database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from typing_extensions import override

from clinic import time_zone


class Command(BaseCommand):
    help = (
        "Accept the TIME_ZONE of the settings for a database that was used with another one. "
        "Appointments and working hours keep their dates and times on the clock of the clinic; "
        "times off and the history keep their moments."
    )

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    @override
    def handle(self, *, yes: bool, **_options: Any) -> None:
        change = time_zone.find_change()
        if change is None:
            self.stdout.write("Nothing to change: the database has this time zone.")
            return
        self.stdout.write(f"{str(change)[0].upper()}{str(change)[1:]}.")
        if not yes and input("Accept this? [y/N] ").strip().lower() != "y":
            raise CommandError("Nothing was changed.")
        time_zone.accept_change()
        self.stdout.write(f"The times in the database are those of {change.wanted} from now on.")
