"""The canonical form of email addresses: one string that is stored, compared and mailed.

The part before the @ is ASCII in lower case. The domain is in its ASCII form: IDNA 2008
(RFC 5891) after the mapping of UTS 46. Django and Python convert by IDNA 2003, which turns
ß into ss and drops invisible characters, and so can send an email to another domain.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

import idna
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from users.errors import FieldErrorCode
from users.text import is_storable

MAX_LOCAL_PART = 64  # octets, RFC 5321 section 4.5.3.1.1
# Longer text is not an address. The time of a Unicode normalization grows with the square of
# the number of accents in a row: 40 thousand take 14 seconds.
MAX_TYPED_LENGTH = 1000
# RFC 5322 also allows a quoted string, which can hold control characters and an @.
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
DOT_ATOM = re.compile(rf"{ATOM}(\.{ATOM})*")
# Python's email package decodes =?utf-8?q?ann?= (RFC 2047) even in an address.
ENCODED_WORD = "=?"
# Reserved by RFC 2606: no email reaches it. Erased persons get an address under it.
UNREACHABLE_DOMAIN = "invalid"
TOP_LEVEL_DOMAIN = re.compile(r"[a-z-]{2,}|xn--[a-z0-9-]+")


class Fault(Enum):
    """The part of an email address because of which it has no canonical form."""

    ADDRESS = "address"
    LOCAL_PART = "local part"
    DOMAIN = "domain"


MESSAGES = {
    Fault.ADDRESS: _("Enter a valid email address."),
    Fault.LOCAL_PART: _(
        "The part of the email address before the @ can have at most 64 unaccented letters, "
        "digits and signs, and no spaces or quotation marks. Correct it."
    ),
    Fault.DOMAIN: _("The part of the email address after the @ is not a valid domain. Correct it."),
}


class InvalidEmailAddress(ValidationError):
    """The email address has no canonical form."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(MESSAGES[fault], code=FieldErrorCode.INVALID)
        self.fault = fault


class Spellings(NamedTuple):
    """The stored addresses that a typed address stands for."""

    canonical: str | None
    legacy: str | None  # only of accounts whose address needs review


class Review(NamedTuple):
    """The stored addresses that are not canonical, by kind and by the account's primary key."""

    convertible: dict[int, str]  # and the canonical form, which no other account has
    invalid: dict[int, Fault]
    colliding: dict[int, list[int]]  # and the accounts that have the same canonical form


def normalize(email: str | None) -> str | None:
    """Return the canonical form of a typed address; "" if it is blank, None if it is None.

    Raises InvalidEmailAddress, a ValidationError.
    """
    if email is None:
        return None
    return canonical_email(email) if email.strip() else ""


def canonical_email(email: str) -> str:
    """Return the canonical form of an address on the public Internet, or at ``localhost``.

    Raises InvalidEmailAddress.
    """
    local_part, domain = canonical_parts(email)
    if domain != "localhost":
        host, _separator, top_level_domain = domain.rpartition(".")
        if not host or not TOP_LEVEL_DOMAIN.fullmatch(top_level_domain):
            raise InvalidEmailAddress(Fault.DOMAIN)
    return f"{local_part}@{domain}"


def canonical_parts(email: str) -> tuple[str, str]:
    """Return the canonical local part and domain. The domain can be any host name.

    Raises InvalidEmailAddress.
    """
    local_part, _separator, domain = email.strip().rpartition("@")
    if not local_part or not domain or len(email) > MAX_TYPED_LENGTH:
        raise InvalidEmailAddress(Fault.ADDRESS)
    if (
        len(local_part) > MAX_LOCAL_PART
        or not DOT_ATOM.fullmatch(local_part)
        or ENCODED_WORD in local_part
    ):
        raise InvalidEmailAddress(Fault.LOCAL_PART)
    try:
        return local_part.lower(), ascii_domain(domain)
    except ValueError as error:
        raise InvalidEmailAddress(Fault.DOMAIN) from error


def ascii_domain(domain: str) -> str:
    """Return the ASCII form of a domain (IDNA 2008, UTS 46), in lower case.

    Raises ValueError, also for a trailing dot, which would be a second spelling.
    """
    ascii_form = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    if ascii_form.endswith("."):
        raise ValueError("The domain ends with a dot.")
    return ascii_form


def validate_reachable(email: str) -> None:
    """Raise ValidationError for a canonical address that no email can reach."""
    if email.endswith(f".{UNREACHABLE_DOMAIN}"):
        message = _("No email reaches this address. Enter another one.")
        raise ValidationError(message, code=FieldErrorCode.INVALID)


def is_canonical(email: str) -> bool:
    return _canonical_or_none(email) == email


def spellings(typed: str | None) -> Spellings:
    """Return the stored addresses that a typed address stands for; none if it is blank."""
    canonical = _canonical_or_none(typed or "")
    legacy = legacy_form(typed or "")
    if (
        not legacy
        or legacy == canonical
        or not is_storable(legacy)
        # Otherwise attempts to sign in to one account would be counted under two keys.
        or _canonical_or_none(legacy) != canonical
    ):
        return Spellings(canonical, None)
    return Spellings(canonical, legacy)


def account_key(typed: str | None) -> str:
    """Return the key under which attempts with a typed address are counted.

    All spellings that lead to one account have the same key.
    """
    return _canonical_or_none(typed or "") or legacy_form(typed or "")


def legacy_form(typed: str) -> str:
    """Return the form in which releases before the canonical form stored an address."""
    return unicodedata.normalize("NFKC", typed[:MAX_TYPED_LENGTH]).strip().lower()


def review(stored: Mapping[int, str]) -> Review:
    """Judge all stored addresses, by the primary keys of their accounts.

    An account whose address is canonical is in none of the results, even if others collide
    with it.
    """
    found = Review({}, {}, {})
    by_canonical = defaultdict(list)
    for pk, email in stored.items():
        try:
            by_canonical[canonical_email(email)].append(pk)
        except InvalidEmailAddress as error:
            found.invalid[pk] = error.fault
    for canonical, pks in by_canonical.items():
        for pk in pks:
            if stored[pk] == canonical:
                continue
            if len(pks) == 1:
                found.convertible[pk] = canonical
            else:
                found.colliding[pk] = [other for other in pks if other != pk]
    return found


def _canonical_or_none(email: str) -> str | None:
    try:
        return canonical_email(email)
    except InvalidEmailAddress:
        return None
