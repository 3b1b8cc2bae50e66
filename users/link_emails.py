"""Emails with one-time links. They contain nothing that a user typed, except the address itself.

Somebody else may have typed the address: the person who reads the email can be a stranger.
"""

from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from users.common.email import build_email
from users.models import EmailLink, Purpose, User

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

# Names of the routes of the pages (``users/account_pages.py``).
VERIFY_PAGE, STOP_PAGE = "verify_email", "stop_email_change"
INVITATION_PAGE, RESET_PAGE = "accept_invitation", "reset_password"


class LinkTexts(NamedTuple):
    """The texts of an email, and where its link leads.

    ``front_end``: the setting with the URL of the front end's page, "" if there is none.
    """

    headline: "StrPromise"
    introduction: "StrPromise"
    button: "StrPromise"
    validity: "StrPromise"
    closing: "StrPromise"
    page: str
    front_end: str


TEXTS = {
    Purpose.VERIFY: LinkTexts(
        gettext_lazy("Confirm your email address"),
        gettext_lazy(
            "An account with this email address was created, or its owner asked for this email. "
            "You can book appointments once you have confirmed the address."
        ),
        gettext_lazy("Confirm the address"),
        gettext_lazy("The link works once, within 3 days."),
        gettext_lazy(
            "If it is not your account, ignore this email. No other emails are sent to you."
        ),
        VERIFY_PAGE,
        "EMAIL_VERIFICATION_URL",
    ),
    Purpose.CHANGE: LinkTexts(
        gettext_lazy("Confirm your new email address"),
        gettext_lazy("An account is to have this email address. Confirm that it is yours."),
        gettext_lazy("Confirm the address"),
        gettext_lazy("The link works once, within 24 hours."),
        gettext_lazy("If it is not your account, ignore this email. Nothing will change."),
        VERIFY_PAGE,
        "EMAIL_VERIFICATION_URL",
    ),
    Purpose.STOP: LinkTexts(
        gettext_lazy("Your email address is to be changed"),
        gettext_lazy(
            "Your account is to have another email address, as soon as its owner has confirmed it. "
            "If you did not request this, stop it: your account keeps or gets back this address, "
            "all its sessions end, and you choose a new password."
        ),
        gettext_lazy("Stop the change"),
        gettext_lazy("The link works once, until 24 hours after the change."),
        gettext_lazy("If you requested the change, ignore this email."),
        STOP_PAGE,
        "",
    ),
    Purpose.INVITATION: LinkTexts(
        gettext_lazy("Your account"),
        gettext_lazy(
            "You can see and book your appointments online. Choose a password for your account."
        ),
        gettext_lazy("Choose a password"),
        gettext_lazy("The link works once, within 7 days."),
        gettext_lazy("If you do not know us, ignore this email. No account will be opened."),
        INVITATION_PAGE,
        "INVITATION_URL",
    ),
}


def page_url(page: str, token: str) -> str:
    """Return the absolute URL of one of this server's pages for links."""
    return settings.PUBLIC_URL + reverse(page, kwargs={"token": token})


def render_link(link: EmailLink, token: str) -> EmailMultiAlternatives:
    """Return the email with the link ``link``, which contains ``token``."""
    texts = TEXTS[Purpose(link.purpose)]
    front_end = getattr(settings, texts.front_end) if texts.front_end else ""
    return _build(
        link.address,
        str(texts.headline),
        {
            "introduction": texts.introduction,
            "link": front_end.replace("{token}", token) or page_url(texts.page, token),
            "button": texts.button,
            "validity": texts.validity,
            # For clients without a web page, which ask their user to enter it.
            "token": "" if front_end or link.purpose == Purpose.STOP else token,
            "closing": texts.closing,
        },
    )


def render_address_in_use(user: User) -> EmailMultiAlternatives:
    """Return the email to the owner of an address that somebody wants for another account."""
    return _build(
        user.email,
        _("Your email address is in use already"),
        {
            "introduction": _(
                "Somebody wants to use this email address for another account. Nothing has "
                "changed, because your account has it."
            ),
            "closing": _(
                "If it was you, sign in with this address. If you have forgotten the password, "
                "reset it."
            ),
        },
    )


def _build(address: str, headline: str, context: dict[str, object]) -> EmailMultiAlternatives:
    return build_email(
        "users/emails/link",
        User(email=address),
        subject=f"{headline}: {settings.CLINIC_NAME}",
        headline=headline,
        context=context,
    )
