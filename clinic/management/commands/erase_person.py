"""Erase a person's data at their request."""

import datetime as dt
from typing import Any

from django.core.management.base import CommandError, CommandParser
from typing_extensions import override

from clinic import clock
from clinic.management.account_command import AccountCommand
from clinic.privacy import erasure
from clinic.privacy.erasure import LastGuardian
from users.models import User


class Command(AccountCommand):
    help = (
        "Permanently replace a person by a pseudonym. Removes account data, contact details, "
        "avatar, sessions, guardians and assistants, and cancels future appointments. Completed "
        "appointments and the audit log are kept, as the law requires. The dependants of a "
        "guardian stay."
    )

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--cancel-for-dependants",
            action="store_true",
            help="also cancel the future appointments of patients without an account who would "
            "have no guardian left",
        )

    @override
    def handle_account(
        self, user: User, *, dry_run: bool, cancel_for_dependants: bool = False, **_options: Any
    ) -> None:
        now = clock.now()
        if dry_run:
            report = _preview(user, now)
            self.stdout.write(f"Would erase account {user.pk}:")
        else:
            try:
                report = erasure.erase_user(user, now, cancel_for_dependants=cancel_for_dependants)
            except LastGuardian as error:
                raise CommandError(_explanation(error)) from error
            self.stdout.write(f"Erased account {user.pk}:")
        for label, count in report.items():
            self.stdout.write(f"  {label}: {count}")


def _preview(user: User, now: dt.datetime) -> dict[str, int]:
    return {
        "appointments to cancel": len(erasure.open_appointments(user, now)),
        "appointments of dependants without another guardian": len(
            erasure.appointments_without_guardian(user, now)
        ),
    } | erasure.retained_counts(user)


def _explanation(error: LastGuardian) -> str:
    patients = ", ".join(
        f"user {patient} ({count} open)" for patient, count in error.open_by_patient.items()
    )
    return (
        f"This person is the last guardian of patients without an account: {patients}. Nothing was "
        "changed. Add another guardian in the admin, or cancel these appointments too with "
        "--cancel-for-dependants."
    )
