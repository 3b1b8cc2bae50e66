"""Change of an account's email address: the new one confirms it, the old one can stop it."""

from django.core.exceptions import ValidationError
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from users import accounts, email_addresses, one_time_links
from users.common import rate_limits
from users.common.rate_limits import Throttle
from users.common.transactions import atomic_with_retry
from users.errors import FieldErrorCode
from users.models import Purpose, User

PASSWORD_LENGTH = 64


def request_change(user: User, *, new_email: str, password: str) -> User:
    """Enqueue emails to both addresses about a change, which the new one must confirm.

    A taken address is answered like a free one, and its owner gets an email that says so. Raises
    ``ValidationError`` on ``password`` or ``new_email``, and RateLimitExceeded.
    """
    accounts.require_password(user, password)
    address = required_address(new_email, "new_email")
    if address == user.email:
        raise _invalid("new_email", _("This is the address of your account already."))
    rate_limits.consume(Throttle.EMAIL_CHANGES_PER_USER, str(user.pk))
    rate_limits.consume(Throttle.EMAIL_CHANGES_PER_ACCOUNT, email_addresses.account_key(address))
    _create_links(user.pk, user.password, address)
    return user


def required_address(typed: str, field: str) -> str:
    """Return the canonical form of a typed address. Raises ``required`` or ``invalid``."""
    try:
        address = email_addresses.normalize(typed)
        if address:
            email_addresses.validate_reachable(address)
            return address
    except ValidationError as error:
        raise ValidationError({field: error}) from error
    message = _("This field is required.")
    raise ValidationError({field: ValidationError(message, code=FieldErrorCode.REQUIRED)})


@atomic_with_retry
def _create_links(user_id: int, password_hash: str, address: str) -> None:
    one_time_links.lock_users(user_id)
    # A new password ends what the old one requested, also what is requested at the same time.
    user = User.objects.filter(pk=user_id, password=password_hash, is_active=True).get_or_none()
    if user is None:
        raise _invalid("password", _("The password is incorrect."))
    user.email_links.filter(purpose=Purpose.CHANGE).delete()
    holder = User.objects.filter(email=address).get_or_none()
    if holder is not None and holder.owns_email:
        one_time_links.send_address_in_use.enqueue(holder.pk)
    else:
        one_time_links.create_link(user, Purpose.CHANGE, address)
    # An address that nobody has verified gets no emails, and cannot stop anything.
    if user.owns_email and user.email:
        one_time_links.create_link(user, Purpose.STOP, user.email)


@atomic_with_retry
def stop(token: str) -> User:
    """Undo a change of the address: the account has the old one, and its access ends.

    Ends all sessions, replaces the calendar URL, and replaces the password, because the person
    who requested the change knows it. Returns the account. Raises ``invalid`` on ``token``.
    """
    link, holder = one_time_links.lock_link(token, Purpose.STOP)
    user = link.user
    one_time_links.take_address(holder)
    # Not an unusable one, with which nobody could reset it.
    user.set_password(get_random_string(PASSWORD_LENGTH))
    one_time_links.save_address(user, link.address, "password")
    # Links to addresses of earlier changes stay: their owners can still stop those.
    user.email_links.exclude(purpose=Purpose.STOP, created_at__lt=link.created_at).delete()
    return user


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError({field: ValidationError(message, code=FieldErrorCode.INVALID)})
