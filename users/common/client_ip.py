"""Client IP address, honouring X-Forwarded-For from trusted proxies only."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_ip(request: HttpRequest) -> str:
    """Return the client's IP address; "" if unknown (a server on a Unix socket).

    Without ``TRUSTED_PROXIES`` this is the peer of the connection. With them,
    ``X-Forwarded-For`` is read from right to left, because each proxy appends the address
    it received from: the first address that is no trusted proxy is the client. Entries to
    the left of it were sent by the client and can be forged.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    if _is_trusted(address):
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        while hops and _is_trusted(address) and _parse(hops[-1]) is not None:
            address = hops.pop()
    parsed = _parse(address)
    return "" if parsed is None else str(parsed)


def client_key(request: HttpRequest) -> str:
    """Return the key that rate limits count a client by.

    This is the IPv4 address or the IPv6 /64 network: one household has a whole /64, so
    a limit on single IPv6 addresses would have no effect.
    """
    address = client_ip(request)
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))


def _is_trusted(address: str) -> bool:
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in settings.TRUSTED_PROXIES)


@lru_cache(maxsize=1024)  # asked several times for each request
def _parse(address: str) -> Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    # A dual-stack socket reports an IPv4 client as ::ffff:192.0.2.1.
    return getattr(parsed, "ipv4_mapped", None) or parsed
