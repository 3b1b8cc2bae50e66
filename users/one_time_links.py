"""Create, email and use up one-time links. Each function that writes locks the accounts first.

A link is created without a token. The task that sends the email gives it one, because the queue
stores the arguments of tasks in the database, which must not hold the token itself.
"""

import hashlib
import secrets
from functools import partial

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from users import link_emails
from users.authentication import second_factor
from users.common import metrics
from users.common.email import deliver_email
from users.common.task_priorities import URGENT
from users.common.transactions import TransactionConflict, lock_rows
from users.email_link import LIFETIMES
from users.errors import FieldErrorCode
from users.models import EmailLink, Purpose, User
from users.querysets import first_or_none

TOKEN_BYTES = 32


def create_link(
    user: User, purpose: Purpose, address: str, *, invited_by: User | None = None
) -> None:
    """Create a link to ``address``, which replaces older ones, and enqueue its email.

    ``invited_by``: who sent the invitation. The caller holds the lock on ``user``. A link that
    stops a change replaces only those sent to the same address: otherwise a second change would
    take the first link from its owner.
    """
    older = user.email_links.filter(purpose=purpose)
    (older.filter(address=address) if purpose is Purpose.STOP else older).delete()
    now = timezone.now()
    link = EmailLink.objects.create(
        user=user,
        purpose=purpose,
        address=address,
        invited_by=invited_by,
        token_hash=hash_of(secrets.token_urlsafe(TOKEN_BYTES)),
        created_at=now,
        expires_at=now + LIFETIMES[purpose],
    )
    send_link.enqueue(link.pk)


@task(priority=URGENT)
def send_link(link_id: int) -> None:
    """Send the email of a link, unless it was replaced or used. Raises ``EmailNotSent``.

    A second run gives the link another token, with which the first email's does not work any more.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    links = EmailLink.objects.filter(pk=link_id, user__is_active=True)
    if not links.valid().exists():
        return
    links.update(token_hash=hash_of(token))
    link = first_or_none(links.select_related("user"))
    if link is not None:
        deliver_email(partial(link_emails.render_link, link, token))


@task(priority=URGENT)
def send_address_in_use(user_id: int) -> None:
    """Notify the owner of an address that somebody asked to use it. Raises ``EmailNotSent``."""
    user = User.objects.filter(pk=user_id, is_active=True).get_or_none()
    if user is not None and user.owns_email:
        deliver_email(partial(link_emails.render_address_in_use, user))


def find_link(token: str, *purposes: Purpose) -> EmailLink | None:
    """Return the valid link with the token and its user, without using it up; None if unknown."""
    links = EmailLink.objects.valid().filter(
        token_hash=hash_of(token), purpose__in=purposes, user__is_active=True
    )
    return links.select_related("user", "invited_by").get_or_none()


def lock_link(token: str, *purposes: Purpose) -> tuple[EmailLink, User | None]:
    """Lock the accounts that a link concerns; return the link and who else has its address.

    Raises ``invalid`` on ``token``; TransactionConflict if the address changed hands meanwhile.
    """
    found = find_link(token, *purposes)
    if found is None:
        raise invalid_link()
    others = User.objects.filter(email=found.address).exclude(pk=found.user_id)
    holder_id = first_or_none(others.values_list("pk", flat=True))
    lock_users(found.user_id, holder_id, found.invited_by_id)
    # Read again: another transaction can have used the link while this one waited for the lock.
    link = find_link(token, *purposes)
    if link is None:
        raise invalid_link()
    holder = others.get_or_none()
    if (holder and holder.pk) != holder_id:
        raise TransactionConflict
    return link, holder


def lock_users(*user_ids: int | None) -> None:
    """Lock accounts until the end of the transaction, in the order in which bookings lock them."""
    users = User.objects.filter(pk__in=[pk for pk in user_ids if pk is not None])
    lock_rows(users.order_by("pk"))


def take_address(holder: User | None) -> None:
    """Take the address from an account whose owner never proved it, which ends all its access.

    The account stays, as a person without an address. Raises ``invalid`` on ``token`` if the
    account owns the address. The caller holds the lock on it.
    """
    if holder is None:
        return
    if holder.owns_email:
        raise invalid_link()
    holder.email = None  # type: ignore[assignment]  # the stubs forget null=True
    holder.set_unusable_password()
    holder.save()
    second_factor.delete_devices(holder)
    holder.email_links.all().delete()


def save_address(user: User, address: str, *fields: str) -> None:
    """Save an address whose owner has just used a link, and ``fields``.

    Raises TransactionConflict if another account has just taken the address.
    """
    user.set_verified_email(address)
    try:
        user.save(update_fields=["email", *fields])
    except IntegrityError as error:
        metrics.count_race("email_address")
        raise TransactionConflict from error


def hash_of(token: str) -> str:
    # Our tokens are ASCII. "replace", because encoding a lone surrogate would raise an error.
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def invalid_link() -> ValidationError:
    message = _("This link is invalid, was used before or has expired. Request a new one.")
    return ValidationError({"token": ValidationError(message, code=FieldErrorCode.INVALID)})
