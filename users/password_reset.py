"""A new password for someone who forgot the old one, by e-mail."""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django_tasks import task

from users import accounts
from users.common import email as mail
from users.errors import FieldErrorCode
from users.models import User
from users.querysets import first_or_none

# Before everything else on the queue: somebody is waiting for it.
URGENT = 50


def request(email: str) -> None:
    """Send a one-time token to the account with this address, if there is one.

    Takes the same time if there is none.
    """
    address = User.objects.normalize_email(email)
    found = first_or_none(User.objects.filter(email=address).values_list("pk", flat=True))
    send_token.enqueue(found)


@task(priority=URGENT)
def send_token(user_id: int | None) -> None:
    """Write to the account, if it exists and may sign in with a password."""
    user = User.objects.filter(pk=user_id, is_active=True).get_or_none()
    if user is None or not user.has_usable_password():
        return
    token = make_token(user)
    link = settings.PASSWORD_RESET_URL.replace("{token}", token)
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    letter = mail.build_email(
        "users/emails/password_reset",
        user,
        subject=f"Your new password for {settings.CLINIC_NAME}",
        headline="Your new password",
        context={"token": token, "link": link, "minutes": minutes},
    )
    mail.send(letter)


def reset(*, token: str, new_password: str) -> User:
    """Set a new password in exchange for the token, which ends every sign-in.

    Raises ``ValidationError`` on ``token`` or ``new_password``; only success spends
    the token.
    """
    user_id, _, secret = token.partition(".")
    user = _find(user_id)
    if user is None or not default_token_generator.check_token(user, secret):
        raise _bad_token()
    if not accounts.replace_password(user, new_password):
        raise _bad_token()
    return user


def make_token(user: User) -> str:
    """A token for ``reset``, good once, until ``PASSWORD_RESET_TIMEOUT`` or the next sign-in."""
    user_id = urlsafe_base64_encode(force_bytes(user.pk))
    return f"{user_id}.{default_token_generator.make_token(user)}"


def _find(user_id: str) -> User | None:
    try:
        pk = int(urlsafe_base64_decode(user_id))
    except ValueError:
        return None
    return User.objects.filter(pk=pk, is_active=True).get_or_none()


def _bad_token() -> ValidationError:
    message = "This link was used already, is too old, or is not complete."
    return ValidationError({"token": ValidationError(message, code=FieldErrorCode.INVALID)})
