"""A new password for someone who forgot the old one, by e-mail."""

from functools import partial

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from users import accounts, mail
from users.error_codes import FieldErrorCode
from users.models import User


def request(email: str) -> None:
    """Send a one-time token to the account with this address, if there is one.

    Takes the same time if there is none.
    """
    address = User.objects.normalize_email(email)
    user = User.objects.filter(email=address, is_active=True).first()
    mail.send_later(partial(_send, user))


def reset(*, token: str, new_password: str) -> User:
    """Set a new password in exchange for the token, which ends every sign-in.

    Raises ``ValidationError`` on ``token`` or ``new_password``; only success spends
    the token.
    """
    user_id, _, secret = token.partition(".")
    user = _find(user_id)
    if user is None or not default_token_generator.check_token(user, secret):
        raise _bad_token()
    known = user.password
    accounts.set_new_password(user, new_password)
    with transaction.atomic():
        locked = User.objects.select_for_update().filter(pk=user.pk, password=known)
        if not locked.exists():
            raise _bad_token()
        user.save(update_fields=["password"])
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
    return User.objects.filter(pk=pk, is_active=True).first()


def _send(user: User | None) -> None:
    if user is None or not user.has_usable_password():
        return
    token = make_token(user)
    link = settings.PASSWORD_RESET_URL.replace("{token}", token)
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    text = render_to_string(
        "users/password_reset.txt",
        {"user": user, "token": token, "link": link, "minutes": minutes},
    )
    send_mail("Your new CyberMed password", text, None, [user.email])


def _bad_token() -> ValidationError:
    message = "This link was used already, is too old, or is not complete."
    return ValidationError({"token": ValidationError(message, code=FieldErrorCode.INVALID)})
