"""Check and convert the values of settings that are used when an email is sent.

A value that only fails then would let the server start and lose its emails. Functions raise
``ValueError`` with the reason, worded to follow the name of the setting.
"""

import ipaddress
import re
from collections.abc import Mapping
from email.utils import formataddr
from typing import Any

from users.email_addresses import Fault, InvalidEmailAddress, ascii_domain, canonical_parts

# An email address, or a name and the address in angle brackets.
SENDER = re.compile(r"(?P<name>[^<>]*)<(?P<in_brackets>[^<>]+)>|(?P<bare>[^<>]+)")
# A scheme and a host without spaces: a web page, or a screen of a mobile app.
LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s]+")
HOST = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
SENDER_FAULTS = {
    Fault.ADDRESS: "must be an email address such as clinic@example.org"
    " or Clinic <clinic@example.org>",
    Fault.LOCAL_PART: "must have at most 64 unaccented letters, digits and signs before the @,"
    " and no spaces or quotation marks",
    Fault.DOMAIN: "must have a valid domain after the @",
}


def parse_sender(value: str) -> str:
    """Return an email address, with the name before it if it has one, as a header needs it.

    A domain that is not ASCII is converted (IDNA 2008). An ASCII address is kept unchanged,
    because its domain is part of the IDs of calendar entries.
    """
    match = SENDER.fullmatch(value)
    if match is None:
        raise ValueError(SENDER_FAULTS[Fault.ADDRESS])
    address = (match["in_brackets"] or match["bare"]).strip()
    try:
        canonical = "@".join(canonical_parts(address))
    except InvalidEmailAddress as error:
        raise ValueError(SENDER_FAULTS[error.fault]) from error
    name = (match["name"] or "").strip().strip('"')
    return formataddr((name, address if address.isascii() else canonical))


def parse_link(value: str, placeholder: str) -> str:
    """Return a URL that contains ``placeholder``."""
    if placeholder not in value or not LINK.fullmatch(value):
        raise ValueError(f"must be a URL such as https://app.example.org/reset/{placeholder}")
    return value


def check_smtp_settings(parsed: Mapping[str, Any]) -> None:
    """Check Django's ``EMAIL_…`` settings, except the host name."""
    # smtplib encodes both in ASCII when it signs in to the mail server.
    if not all((parsed[key] or "").isascii() for key in ("EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD")):
        raise ValueError("must have a user name and a password in ASCII")
    if parsed.get("EMAIL_USE_TLS") and parsed.get("EMAIL_USE_SSL"):
        raise ValueError("must use either TLS or SSL")


def parse_smtp_host(host: str) -> str:
    """Return the IP address or the host name of a mail server, the name in ASCII (IDNA 2008)."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        # Names in a private network can have an underscore, which domains cannot.
        name = host if host.isascii() else ascii_domain(host)
    except ValueError:
        name = ""
    if not HOST.fullmatch(name):
        raise ValueError("must name a mail server by its IP address or a valid host name")
    return name
