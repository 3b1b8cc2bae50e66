"""Remove the second factor of a person who has lost it."""

from typing import Any

from django.core.management.base import CommandError
from typing_extensions import override

from clinic import clock
from clinic.management.account_command import AccountCommand
from clinic.models import AccessAction, AccessRecord, Patient
from users.authentication import second_factor
from users.common.transactions import atomic_with_retry
from users.models import User

OPERATION = "reset_otp"


class Command(AccountCommand):
    help = (
        "Remove the second factor of a person who has lost the authenticator app and the recovery "
        "codes. Make sure that it is that person who asks. Staff set up a new one at the next "
        "sign-in. Leaves an entry in the audit log, and the person is emailed."
    )

    @override
    def handle_account(self, user: User, *, dry_run: bool, **_options: Any) -> None:
        if not second_factor.is_enabled(user):
            raise CommandError("This account has no second factor. Nothing was changed.")
        if dry_run:
            self.stdout.write(f"Would remove the second factor of account {user.pk}.")
            return
        _reset(user)
        self.stdout.write(f"Removed the second factor of account {user.pk}.")


@atomic_with_retry
def _reset(user: User) -> None:
    """Remove the second factor and write the audit log, both or neither."""
    second_factor.reset(user)
    AccessRecord.objects.create(
        at=clock.now(),
        actor=user,
        patients=list(Patient.objects.filter(user=user).values_list("pk", flat=True)),
        action=AccessAction.CHANGE,
        operation=OPERATION,
        fields=["User.otpEnabled"],
    )
