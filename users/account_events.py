"""Announces that the password or the email address of an account changed.

``User.save()`` announces it, whatever changed the account: the API, the admin or a command.
Listeners are registered when the application starts, because they send emails and so depend on
the model.
"""

from collections.abc import Callable

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from users.listeners import add_once


class AccountChange(TextChoices):
    """What changed."""

    PASSWORD = "password", _("Password")
    EMAIL = "email", _("Email address")
    SECOND_FACTOR = "second_factor", _("Second factor")


# Called with the user's primary key, the change, and the email address before the change.
Listener = Callable[[int, AccountChange, str], None]

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Call ``listener`` for each change, in the transaction that saves it."""
    add_once(_listeners, listener)


def announce(user_id: int, change: AccountChange, address: str | None) -> None:
    """Call every listener, unless there is no address to notify."""
    if address:
        for listener in _listeners:
            listener(user_id, change, address)


# Called with the user's primary key, in the transaction that saves the password.
FirstPasswordListener = Callable[[int], None]

_first_password_listeners: list[FirstPasswordListener] = []


def listen_to_first_passwords(listener: FirstPasswordListener) -> None:
    """Call ``listener`` for each person who chooses a first password, and so can sign in."""
    add_once(_first_password_listeners, listener)


def announce_first_password(user_id: int) -> None:
    for listener in _first_password_listeners:
        listener(user_id)
