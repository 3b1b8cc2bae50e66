"""Reset of a forgotten password by an emailed token."""

from functools import partial

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _
from django_tasks import task

from users import accounts, invitations
from users.common.email import build_email, deliver_email
from users.common.task_priorities import URGENT
from users.errors import FieldErrorCode
from users.link_emails import RESET_PAGE, page_url
from users.models import User
from users.querysets import first_or_none


def request(email: str) -> None:
    """Queue an email with a one-time token, if an account has this email address.

    A task is queued in any case, so that the response time does not reveal which accounts
    exist.
    """
    user = first_or_none(User.objects.get_queryset().matching_email(email))
    send_token.enqueue(user.pk if user else None)


def send_link_for_staff(user: User) -> None:
    """Queue an email with a one-time token at the request of staff.

    Unlike a request of the owner, also for an account without a password: staff made it.
    """
    send_token.enqueue(user.pk, by_staff=True)


@task(priority=URGENT)
def send_token(user_id: int | None, *, by_staff: bool = False) -> None:
    """Send the email, if the account exists, is active and has a password.

    ``by_staff``: the account needs no password. Raises ``EmailNotSent``.
    """
    user = User.objects.filter(pk=user_id, is_active=True).get_or_none()
    if user is not None and (by_staff or user.has_usable_password()):
        deliver_email(partial(_render_email, user))


def _render_email(user: User) -> EmailMultiAlternatives:
    token = make_token(user)
    front_end = settings.PASSWORD_RESET_URL.replace("{token}", token)
    link = front_end or page_for(token)
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    subject = _("Reset your password for {clinic}").format(clinic=settings.CLINIC_NAME)
    return build_email(
        "users/emails/password_reset",
        user,
        subject=subject,
        headline=_("Reset your password"),
        context={"token": "" if front_end else token, "link": link, "minutes": minutes},
    )


def reset(*, token: str, new_password: str) -> User:
    """Replace the password by means of a token, which ends all sessions of the account.

    The token of an invitation sets the first password. Using a token verifies the address to which
    it was sent. Raises ``ValidationError`` on ``token`` or ``new_password``. The token stays valid
    if the new password is rejected.
    """
    if invitations.find(token):
        return invitations.accept(token=token, new_password=new_password)
    user = find_account(token)
    if user is None:
        raise _invalid_token()
    if not accounts.replace_password(user, new_password, verifies_email=True):
        raise _invalid_token()
    return user


def find_account(token: str) -> User | None:
    """Return the account of a token that works, without using it up; None otherwise."""
    encoded_id, _separator, secret = token.partition(".")
    user = _active_user(encoded_id)
    is_valid = user is not None and default_token_generator.check_token(user, secret)
    return user if is_valid else None


def page_for(token: str) -> str:
    """Return the URL of this server's page for a token, whose two parts the path separates."""
    return page_url(RESET_PAGE, token.replace(".", "/"))


def make_token(user: User) -> str:
    """Return a one-time token for ``reset``.

    It expires after ``PASSWORD_RESET_TIMEOUT`` seconds or when the user signs in.
    """
    encoded_id = urlsafe_base64_encode(force_bytes(user.pk))
    return f"{encoded_id}.{default_token_generator.make_token(user)}"


def _active_user(encoded_id: str) -> User | None:
    try:
        pk = int(urlsafe_base64_decode(encoded_id))
    except ValueError:
        return None
    return User.objects.filter(pk=pk, is_active=True).get_or_none()


def _invalid_token() -> ValidationError:
    message = _("This reset link is invalid or has expired.")
    return ValidationError({"token": ValidationError(message, code=FieldErrorCode.INVALID)})
