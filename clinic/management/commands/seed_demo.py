"""Fill the database with demo data: fictional people and their appointments."""

from argparse import ArgumentTypeError
from random import Random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from clinic import clock
from clinic.demo import date_exceptions
from clinic.demo.accounts import PASSWORD, email_of
from clinic.demo.appointments import create_appointments
from clinic.demo.families import add_families
from clinic.demo.people import create_people
from clinic.demo.plan import DemoPlan, TooManyAppointments, make_plan
from users.models import User

# Printed after the email address of each role.
HINTS = {
    "doctor": "",
    "patient": "",
    "staff": " (for /admin/)",
    "parent": " (of two children)",
    "carer": " (of an aged parent)",
    "assistant": " (of two doctors)",
    "assistant2": " (of one of them)",
    "reception": " (staff of the group Reception, for /admin/)",
    "manager": " (staff of the group Manager, for /admin/)",
}


def at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("must be 1 or more")
    return number


class Command(BaseCommand):
    help = (
        "Fill the database with fictional doctors, patients and appointments. Runs in one "
        "transaction: an interrupted run leaves no data behind."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--doctors", type=at_least_one, default=6, metavar="N")
        parser.add_argument("--patients", type=at_least_one, default=20, metavar="N")
        parser.add_argument("--appointments", type=at_least_one, default=60, metavar="N")
        parser.add_argument(
            "--seed", type=int, default=1, help="the same number gives the same demo data"
        )
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing if there are accounts"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be added, without adding it"
        )
        parser.add_argument(
            "--i-know-the-password-is-public",
            action="store_true",
            help="required if DEBUG is off, because all accounts get the same published password",
        )

    def handle(self, **options: Any) -> None:
        if options["if_empty"] and User.objects.exists():
            self.stdout.write("Nothing added: there are accounts already.")
            self._report_logins()
            return
        self._require_safe_database(acknowledged=options["i_know_the_password_is_public"])
        now = clock.now()
        counts = {name: options[name] for name in ("doctors", "patients")}
        try:
            plan = make_plan(now.date(), appointments=options["appointments"], **counts)
        except TooManyAppointments as error:
            raise CommandError(str(error)) from error
        if not options["dry_run"]:
            rng = Random(options["seed"])  # noqa: S311 - repeatable, not secret
            total = sum(counts.values()) + plan.appointments
            with self._progress(total) as bar, transaction.atomic():
                people = create_people(rng, **counts, progress=bar.update)
                # Of the third doctor, who works three days a week.
                date_exceptions.open_one_saturday(people.doctors[:3][-1], now)
                date_exceptions.add_early_closure(now)
                create_appointments(rng, people, plan, now, bar.update)
                date_exceptions.add_late_closure(now)
                add_families(people, now)
        self._report(plan, dry_run=options["dry_run"], **counts)

    def _require_safe_database(self, *, acknowledged: bool) -> None:
        """Raise CommandError if this can be a production database or has the demo data."""
        if not (settings.DEBUG or acknowledged):
            raise CommandError(
                "DEBUG is off, and the demo accounts, including a superuser, have a published "
                "password. If this database is not used in production, "
                "add --i-know-the-password-is-public."
            )
        if User.objects.filter(email=email_of("staff")).exists():
            raise CommandError("The database contains the demo data already. Use another database.")

    def _progress(self, total: int) -> "tqdm[Any]":
        # disable=None: no progress bar if the output is not a terminal.
        return tqdm(total=total, unit="row", file=self.stderr, disable=None)

    def _report(self, plan: DemoPlan, *, doctors: int, patients: int, dry_run: bool) -> None:
        self.stdout.write(
            f"{'Would add' if dry_run else 'Added'} 1 superuser, {_count(doctors, 'doctor')}, "
            f"{_count(patients, 'patient')} and {_count(plan.appointments, 'appointment')} "
            f"from {plan.first_day} to {plan.last_day}; as well as a parent with two children, an "
            "aged patient with a guardian, a walk-in, two assistants, reception and a manager."
        )
        if not dry_run:
            self._report_logins()

    def _report_logins(self) -> None:
        """Print the existing demo accounts that still have the published password."""
        published = [role for role in HINTS if _has_published_password(email_of(role))]
        if published:
            self.stdout.write(f"The password of all accounts is {PASSWORD}")
        for role in published:
            self.stdout.write(f"  {email_of(role)}{HINTS[role]}")


def _has_published_password(email: str) -> bool:
    account = User.objects.filter(email=email).get_or_none()
    return account is not None and account.check_password(PASSWORD)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
