"""Add the public holidays of a country, or of a part of it, as closures of the clinic."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from clinic import clock
from clinic.booking import date_exceptions
from clinic.booking.offered_time import load_closures
from clinic.management.public_holidays import PublicHoliday, UnknownRegion, public_holidays
from clinic.models import Closure


class Entry(NamedTuple):
    """A holiday, and why it is not added; empty if it is."""

    holiday: PublicHoliday
    skipped_because: str


class Command(BaseCommand):
    help = (
        "Close the clinic on public holidays: one closure a day, with the name of the holiday. "
        "Days in the past and days on which the clinic is closed already are skipped, so that "
        "the command can run again. Appointments on these days are counted and not changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "region",
            metavar="REGION",
            help="code of a country, or of a country and its subdivision, such as DE or DE-BE",
        )
        parser.add_argument("years", type=int, nargs="+", metavar="YEAR")
        parser.add_argument(
            "--language", help="language of the names, such as de (default: that of the country)"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be added, without adding it"
        )

    def handle(
        self,
        *,
        region: str,
        years: Sequence[int],
        language: str | None,
        dry_run: bool,
        **_options: Any,
    ) -> None:
        try:
            holidays = public_holidays(region, years, language)
        except UnknownRegion as error:
            raise CommandError(str(error)) from error
        now = clock.now()
        with transaction.atomic():
            entries = _entries_of(holidays, now.date())
            added = [entry.holiday for entry in entries if not entry.skipped_because]
            if not dry_run:
                for holiday in added:
                    _add(holiday, now)
        self._report(entries, _open_appointments_on(added), dry_run=dry_run)

    def _report(
        self, entries: Sequence[Entry], appointments: Counter[dt.date], *, dry_run: bool
    ) -> None:
        width = max((len(entry.holiday.name) for entry in entries), default=0)
        for (date, name), reason in entries:
            result = f"skipped: {reason}" if reason else "would be added" if dry_run else "added"
            if count := appointments[date]:
                result += f", {_count(count, 'open appointment')}"
            self.stdout.write(f"{date:%Y-%m-%d %a}  {name:{width}}  {result}")
        skipped = sum(bool(entry.skipped_because) for entry in entries)
        self.stdout.write(
            f"{'Would add' if dry_run else 'Added'} {_count(len(entries) - skipped, 'closure')}, "
            f"skipped {_count(skipped, 'day')}."
        )
        if total := appointments.total():
            self.stdout.write(
                f"{_count(total, 'open appointment')} on these days: reschedule or cancel them in "
                "the admin (list of appointments, filter “On a closure”), or leave them."
            )


def _entries_of(holidays: Sequence[PublicHoliday], today: dt.date) -> list[Entry]:
    """Return the holidays, each with the reason why it is not added, if any."""
    closed = load_closures([holiday.date for holiday in holidays])
    entries = []
    for holiday in holidays:
        reason = ""
        if holiday.date < today:
            reason = "in the past"
        elif holiday.date in closed:
            reason = f"closed already ({closed[holiday.date]})"
        entries.append(Entry(holiday, reason))
    return entries


def _add(holiday: PublicHoliday, now: dt.datetime) -> None:
    try:
        date_exceptions.add_closure(
            name=holiday.name, first_day=holiday.date, last_day=holiday.date, now=now
        )
    except ValidationError as error:
        message = f"{holiday.name} on {holiday.date} cannot be added: {' '.join(error.messages)}"
        raise CommandError(f"{message} Nothing was added.") from error


def _open_appointments_on(holidays: Sequence[PublicHoliday]) -> Counter[dt.date]:
    """Return the number of open appointments by date."""
    days = [
        Closure(name=holiday.name, first_day=holiday.date, last_day=holiday.date)
        for holiday in holidays
    ]
    inside = date_exceptions.open_appointments_in(days)
    return Counter(inside.values_list("date", flat=True))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
