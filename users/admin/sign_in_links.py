"""Links to choose a password that staff send to the owner of an account."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest
from django.utils.translation import gettext

from users import password_reset
from users.common import rate_limits
from users.common.rate_limits import RateLimiterUnavailable, RateLimitExceeded, Throttle
from users.email_addresses import account_key
from users.models import User


def send_sign_in_link(admin: ModelAdmin[Any], request: HttpRequest, user: User) -> bool:
    """Email the owner a link to choose a password, and say so in a message of the next page.

    Returns whether it is sent.
    """
    if not user.email:
        message = gettext("{user} has no email address.").format(user=user)
        admin.message_user(request, message, messages.ERROR)
        return False
    try:
        rate_limits.consume(Throttle.RESET_REQUESTS_PER_ACCOUNT, account_key(user.email))
    except (RateLimitExceeded, RateLimiterUnavailable) as error:
        admin.message_user(request, f"{user}: {error}", messages.ERROR)
        return False
    password_reset.send_link_for_staff(user)
    message = gettext("A link to choose a password is sent to {user}.").format(user=user)
    admin.message_user(request, message, messages.SUCCESS)
    return True
