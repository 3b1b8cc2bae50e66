"""Invitations: a person whom the clinic knows gets a way to sign in, by a link in an email.

The right to invite is checked by the caller of ``invite()``, and again when the person accepts, up
to a week later, by the check that the domain layer registers with ``require()``.
"""

from collections.abc import Callable

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from users import account_events, accounts, one_time_links
from users.authentication import second_factor
from users.common import rate_limits
from users.common.rate_limits import Throttle
from users.common.transactions import atomic_with_retry
from users.email_addresses import account_key
from users.email_change import required_address
from users.errors import FieldErrorCode
from users.listeners import add_once
from users.models import AddressConflict, EmailLink, Purpose, User
from users.text import to_nfc

# Returns whether the first user has the right to invite the second one.
RightCheck = Callable[[User, User], bool]

_checks: list[RightCheck] = []


def require(check: RightCheck) -> None:
    """Accept invitations only while ``check`` returns True."""
    add_once(_checks, check)


def invite(user: User, email: str, *, invited_by: User) -> None:
    """Enqueue an email with a link by which ``user`` chooses a password and gets the address.

    If another account owns the address, no link is sent and staff are notified by an
    ``AddressConflict``; the caller cannot see the difference. Raises ValidationError on ``email``,
    ``invalid`` on ``user`` if the person can sign in already or is disabled; RateLimitExceeded.
    """
    address = required_address(email, "email")
    _require_invitable(user, address)
    rate_limits.consume(Throttle.INVITATIONS_PER_USER, str(user.pk))
    rate_limits.consume(Throttle.INVITATIONS_PER_SENDER, str(invited_by.pk))
    rate_limits.consume(Throttle.INVITATIONS_PER_ACCOUNT, account_key(address))
    _create_link(user.pk, address, invited_by)


@atomic_with_retry
def _create_link(user_id: int, address: str, invited_by: User) -> None:
    one_time_links.lock_users(user_id)
    user = User.objects.get(pk=user_id)
    # Again under the lock: the person can have accepted an earlier invitation meanwhile.
    _require_invitable(user, address)
    holder = User.objects.filter(email=address).exclude(pk=user_id).get_or_none()
    if holder is not None:
        AddressConflict.objects.get_or_create(
            user=user, holder=holder, defaults={"invited_by": invited_by}
        )
    if holder is not None and holder.owns_email:
        # An earlier invitation must not work any more, as after any other invitation.
        user.email_links.filter(purpose=Purpose.INVITATION).delete()
        return
    one_time_links.create_link(user, Purpose.INVITATION, address, invited_by=invited_by)


def find(token: str) -> EmailLink | None:
    """Return the valid invitation with the token, without using it up; None if there is none."""
    link = one_time_links.find_link(token, Purpose.INVITATION)
    return link if link is not None and _is_acceptable(link) else None


def accept(*, token: str, new_password: str) -> User:
    """Set the password and the address of an invited person, who can sign in from now on.

    Ends all access that there was to the address and to the account. Returns the account. Raises
    ``ValidationError`` on ``token`` or ``new_password``; the token stays valid after the latter.
    """
    link = find(token)
    if link is None:
        raise one_time_links.invalid_link()
    link.user.email = link.address
    accounts.require_valid_password(link.user, new_password)
    # Hashing is slow on purpose: done under the lock, it would block other requests.
    return _accept(token, make_password(to_nfc(new_password)))


@atomic_with_retry
def _accept(token: str, password_hash: str) -> User:
    link, holder = one_time_links.lock_link(token, Purpose.INVITATION)
    user = link.user
    # Again under the lock, which a booking and another guardian wait for.
    if not _is_acceptable(link):
        raise one_time_links.invalid_link()
    one_time_links.take_address(holder)
    second_factor.delete_devices(user)
    user.password = password_hash
    user.renew_calendar_key()
    one_time_links.save_address(user, link.address, "password", "calendar_key")
    user.refresh_tokens.revoke(timezone.now())
    user.email_links.all().delete()
    account_events.announce_first_password(user.pk)
    return user


def _is_acceptable(link: EmailLink) -> bool:
    """Return whether the person could be invited to the address now by whom sent the invitation."""
    inviter = link.invited_by
    if inviter is None or not inviter.is_active or not _is_invitable(link.user, link.address):
        return False
    return all(has_right(inviter, link.user) for has_right in _checks)


def _is_invitable(user: User, address: str) -> bool:
    # Otherwise the inviter could take over an account whose owner has not chosen a password yet:
    # one with more rights, or one with an address that staff entered.
    is_fixed = user.is_staff or user.is_superuser or user.is_doctor or user.owns_email
    is_own_address = not is_fixed or user.email == address
    return user.is_active and not user.has_usable_password() and is_own_address


def _require_invitable(user: User, address: str) -> None:
    if _is_invitable(user, address):
        return
    message = _(
        "This person can sign in already, has another email address, or the account is disabled."
    )
    raise ValidationError({"user": ValidationError(message, code=FieldErrorCode.INVALID)})
