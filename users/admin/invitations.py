"""Invitation of people in the admin, to the address that staff entered in their account."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext

from users import invitations
from users.admin.rights import actor_of
from users.common.rate_limits import RateLimiterUnavailable, RateLimitExceeded
from users.common.transactions import TransactionConflict
from users.models import User


def invite(admin: ModelAdmin[Any], request: HttpRequest, user: User) -> bool:
    """Invite ``user`` and say so in a message of the next page. Returns whether it succeeded."""
    actor = actor_of(request)
    if not user.email:
        error = gettext("{user} has no email address. Enter it in the account first.")
        admin.message_user(request, error.format(user=user), messages.ERROR)
        return False
    assert actor is not None  # noqa: S101 - admin views require a signed-in user
    try:
        invitations.invite(user, user.email, invited_by=actor)
    except ValidationError as invalid:
        admin.message_user(request, f"{user}: {' '.join(invalid.messages)}", messages.ERROR)
        return False
    except (RateLimitExceeded, RateLimiterUnavailable, TransactionConflict) as error:
        admin.message_user(request, f"{user}: {error}", messages.ERROR)
        return False
    message = gettext("An invitation is sent to {user}.").format(user=user)
    admin.message_user(request, message, messages.SUCCESS)
    return True
