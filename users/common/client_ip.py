"""Where a request comes from, told by nobody who is not trusted to tell."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_ip(request: HttpRequest) -> str:
    """The address of the client, as the first proxy that ``TRUSTED_PROXIES`` names saw it.

    ``X-Forwarded-For`` is read from its end, where our own proxies write: what a
    client puts into it itself stands before that. Without trusted proxies it is not
    read at all. "" if the server was not told an address (a Unix socket).
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    told = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    while told and _is_trusted(address):
        if _parse(told[-1]) is None:
            break
        address = told.pop()
    parsed = _parse(address)
    return "" if parsed is None else str(parsed)


def client_network(address: str) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 network of one household."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))


def _is_trusted(address: str) -> bool:
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in settings.TRUSTED_PROXIES)


def _parse(address: str) -> Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    # ::ffff:192.0.2.1 is how a socket of both kinds spells an IPv4 address.
    return getattr(parsed, "ipv4_mapped", None) or parsed
