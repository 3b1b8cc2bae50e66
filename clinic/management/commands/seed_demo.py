"""Fill the clinic with fictional people and their appointments, to try the server with."""

from argparse import ArgumentTypeError
from random import Random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from clinic import clock
from clinic.demo.accounts import PASSWORD, email_of
from clinic.demo.appointments import make_appointments
from clinic.demo.people import make_people
from clinic.demo.plan import DemoPlan, TooManyAppointments, make_plan
from users.common.querysets import first_or_none
from users.models import User

# What the first of each kind signs in to, as it is printed.
PLACES = {"doctor": "", "patient": "", "staff": " (for /admin/)"}


def at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("must be 1 or more")
    return number


class Command(BaseCommand):
    help = (
        "Fill the clinic with fictional doctors, patients and appointments. All or nothing: "
        "a run that is stopped leaves nothing behind."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--doctors", type=at_least_one, default=6, metavar="N")
        parser.add_argument("--patients", type=at_least_one, default=20, metavar="N")
        parser.add_argument("--appointments", type=at_least_one, default=60, metavar="N")
        parser.add_argument(
            "--seed", type=int, default=1, help="the same number invents the same clinic"
        )
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing if there are accounts already"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be added, and add nothing"
        )
        parser.add_argument(
            "--i-know-the-password-is-public",
            action="store_true",
            help="needed where DEBUG is off, for everybody gets the same known password",
        )

    def handle(self, **options: Any) -> None:
        if options["if_empty"] and User.objects.exists():
            self.stdout.write("Added nothing: there are accounts already.")
            self._report_sign_ins()
            return
        self._refuse_open_doors(acknowledged=options["i_know_the_password_is_public"])
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
                clinic = make_people(rng, **counts, progress=bar.update)
                make_appointments(rng, clinic, plan, now, bar.update)
        self._report(plan, dry_run=options["dry_run"], **counts)

    def _refuse_open_doors(self, *, acknowledged: bool) -> None:
        if not (settings.DEBUG or acknowledged):
            raise CommandError(
                "DEBUG is off, and the demo's accounts, a superuser among them, have a "
                "password that everybody knows. If this is no clinic, "
                "add --i-know-the-password-is-public."
            )
        if User.objects.filter(email=email_of("staff")).exists():
            raise CommandError("The demo is here already; it needs a database without it.")

    def _progress(self, total: int) -> "tqdm[Any]":
        # disable=None: silent where nobody is watching.
        return tqdm(total=total, unit="row", file=self.stderr, disable=None)

    def _report(self, plan: DemoPlan, *, doctors: int, patients: int, dry_run: bool) -> None:
        self.stdout.write(
            f"{'Would add' if dry_run else 'Added'} 1 superuser, {_count(doctors, 'doctor')}, "
            f"{_count(patients, 'patient')} and {_count(plan.appointments, 'appointment')} "
            f"from {plan.first_day} to {plan.last_day}."
        )
        if not dry_run:
            self._report_sign_ins()

    def _report_sign_ins(self) -> None:
        """Name the demo's accounts that are there and still have the known password."""
        known = [role for role in PLACES if _has_known_password(email_of(role))]
        if known:
            self.stdout.write(f"The password of all of them is {PASSWORD}")
        for role in known:
            self.stdout.write(f"  {email_of(role)}{PLACES[role]}")


def _has_known_password(email: str) -> bool:
    account = first_or_none(User.objects.filter(email=email))
    return account is not None and account.check_password(PASSWORD)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
