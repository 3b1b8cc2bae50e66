"""Proof that an email address is its account's: the owner uses a link that was sent to it."""

from django.utils import timezone

from users import one_time_links
from users.common import rate_limits
from users.common.rate_limits import RateLimiterUnavailable, RateLimitExceeded, Throttle
from users.common.transactions import TransactionConflict, atomic_with_retry
from users.email_addresses import account_key
from users.email_link import LIFETIMES
from users.models import EmailLink, Purpose, User

# How long the former address can undo a change.
UNDO_PERIOD = LIFETIMES[Purpose.STOP] - LIFETIMES[Purpose.CHANGE]


def request_verification(user: User) -> None:
    """Enqueue an email with a link that verifies the address, unless it is verified already.

    Raises RateLimitExceeded.
    """
    if user.email is None or user.has_verified_email or user.email_needs_review:
        return
    rate_limits.consume(Throttle.VERIFICATION_REQUESTS_PER_ACCOUNT, account_key(user.email))
    _create_link(user.pk)


def verify_new_account(user: User) -> bool:
    """Enqueue the first email to a new account; return False if its address has got too many."""
    try:
        request_verification(user)
    except (RateLimitExceeded, RateLimiterUnavailable, TransactionConflict):
        return False
    return True


@atomic_with_retry
def _create_link(user_id: int) -> None:
    one_time_links.lock_users(user_id)
    user = User.objects.filter(pk=user_id, is_active=True).get_or_none()
    # Read again under the lock: the address can have been changed or verified meanwhile.
    if user is not None and user.email and not user.has_verified_email:
        one_time_links.create_link(user, Purpose.VERIFY, user.email)


@atomic_with_retry
def use_link(token: str) -> User:
    """Verify the address to which the token was sent, or change the account's address to it.

    Returns the account. Raises ``invalid`` on ``token``, also if the account has another address
    since a link to verify it was sent.
    """
    link, holder = one_time_links.lock_link(token, Purpose.VERIFY, Purpose.CHANGE)
    user = link.user
    if link.purpose == Purpose.VERIFY:
        if user.email != link.address:
            raise one_time_links.invalid_link()
    else:
        one_time_links.take_address(holder)
        # From now on the former address has a whole day, however late the link was used.
        stops = user.email_links.filter(purpose=Purpose.STOP, address=user.email)
        stops.update(expires_at=timezone.now() + UNDO_PERIOD)
    one_time_links.save_address(user, link.address)
    EmailLink.objects.filter(pk=link.pk).delete()
    return user
