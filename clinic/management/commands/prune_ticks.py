"""Delete BusyTick rows of past days, which cannot conflict with a booking any more."""

import datetime as dt
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from clinic import clock
from clinic.models import BusyTick
from clinic.slots import first_tick

# A batch of this size holds its locks for a few hundredths of a second. Bookings that wait
# for them proceed in the pause between two batches.
BATCH = 2000
PAUSE_SECONDS = 0.05


class Command(BaseCommand):
    help = (
        "Delete the busy ticks of past days, which bookings do not query any more. "
        "Appointments and their history are kept. Intended to run every night, at any hour."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--before",
            type=int,
            default=7,
            metavar="DAYS",
            help="number of past days whose ticks are kept, so that their appointments can be "
            "completed without writing the ticks again (default: 7)",
        )
        parser.add_argument("--batch-size", type=int, default=BATCH, metavar="N")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="report what would be deleted, without deleting it",
        )

    def handle(self, *, before: int, batch_size: int, dry_run: bool, **_options: Any) -> None:
        if before < 0:
            raise CommandError("--before must be 0 or more.")
        if batch_size < 1:
            raise CommandError("--batch-size must be 1 or more.")
        day = clock.today() - dt.timedelta(days=before)
        past = BusyTick.objects.filter(tick__lt=first_tick(day))
        deleted = past.count() if dry_run else _delete_in_batches(past, batch_size)
        self.stdout.write(
            f"{'Would delete' if dry_run else 'Deleted'} {deleted:,} ticks of days before {day}."
        )


def _delete_in_batches(ticks: QuerySet[BusyTick], size: int) -> int:
    """Delete the ticks in batches, each in a transaction of its own; return how many."""
    deleted = 0
    while batch := list(ticks.order_by("tick").values_list("pk", flat=True)[:size]):
        deleted += BusyTick.objects.filter(pk__in=batch).delete()[0]
        if len(batch) < size:
            break
        time.sleep(PAUSE_SECONDS)
    return deleted
