"""Service functions for assistants: users who act for a doctor.

Rights are read from the rows of ``Assistant`` in each request, so they begin and end at once.
"""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clinic.errors import BookingErrorCode, booking_error
from clinic.models import Assistant, Doctor
from clinic.models.busy_tick import lock_people
from users.common import rate_limits
from users.common.rate_limits import Throttle
from users.common.transactions import atomic_with_retry
from users.models import User
from users.querysets import first_or_none
from users.staff import can_be_named

MAX_ASSISTANTS = 50


def set_assistants(doctor: Doctor, emails: Sequence[str]) -> Doctor:
    """Replace the assistants of a doctor by the accounts with these email addresses.

    An address that is listed twice counts once. Raises ``invalid`` for a doctor who is not
    approved, for more than ``MAX_ASSISTANTS``, and on ``emails.<index>`` for the doctor's own
    account; ``not_found`` on ``emails.<index>`` for an address without an account that can sign in
    and whose owner has verified the address. The answer says whether an address has an account, so
    those that are new to the list are limited: raises RateLimitExceeded.
    """
    if not doctor.approved:
        # Anybody can register as a doctor, and would learn who has an account.
        message = _("The clinic must approve your profile before you can name assistants.")
        raise booking_error(BookingErrorCode.INVALID, message=message)
    if len(emails) > MAX_ASSISTANTS:
        message = _("A doctor can have at most {maximum} assistants.")
        raise booking_error(
            BookingErrorCode.INVALID, "emails", message.format(maximum=MAX_ASSISTANTS)
        )
    present = set(doctor.assistants.values_list("user", flat=True))
    found: list[User] = []
    errors: dict[str, list[ValidationError]] = {}
    for index, email in enumerate(emails):
        user = first_or_none(User.objects.get_queryset().matching_email(email))
        if user is None or user.pk not in present:
            rate_limits.consume(Throttle.ASSISTANT_ADDRESSES_PER_DOCTOR, str(doctor.pk))
        if user is None or not can_be_named(user):
            errors |= booking_error(BookingErrorCode.NOT_FOUND, f"emails.{index}").error_dict
        elif user.pk == doctor.user_id:
            errors |= _own_account(f"emails.{index}").error_dict
        else:
            found.append(user)
    if errors:
        raise ValidationError(errors)
    return replace_assistants(doctor, found)


@atomic_with_retry
def replace_assistants(doctor: Doctor, users: Sequence[User]) -> Doctor:
    """Replace the assistants of a doctor.

    Raises ``invalid`` on ``users.<index>`` for the doctor's own account, and for a new assistant
    whose account cannot sign in or has an unverified address.
    """
    chosen = {user.pk for user in users}
    lock_people({doctor.user_id, *chosen})
    # After the lock, without which another request could change the list at the same time.
    present = set(doctor.assistants.values_list("user", flat=True))
    for index, user in enumerate(users):
        if user.pk == doctor.user_id:
            raise _own_account(f"users.{index}")
        if user.pk not in present and not can_be_named(user):
            message = _(
                "This person cannot sign in with a verified email address. Choose another one."
            )
            raise booking_error(BookingErrorCode.INVALID, f"users.{index}", message)
    for pk in sorted(chosen - present):
        Assistant.objects.create(doctor=doctor, user_id=pk)
    _remove(doctor, present - chosen)
    return doctor


def _remove(doctor: Doctor, users: Iterable[int]) -> None:
    """End the rights of assistants, given as user ids."""
    removed = set(users)
    lock_people(removed)
    doctor.assistants.filter(user__in=removed).delete()
    # True without a row would cost each request of the user a query.
    still_named = set(Assistant.objects.filter(user__in=removed).values_list("user", flat=True))
    User.objects.filter(pk__in=removed - still_named).update(acts_for_doctors=False)


def _own_account(field: str) -> ValidationError:
    message = _("Doctors cannot be their own assistants. Name another person.")
    return booking_error(BookingErrorCode.INVALID, field, message)
