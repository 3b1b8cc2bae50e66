"""Environment variables, read strictly: a wrong one stops the start with a line that names it.

django-environ alone takes any garbage for a False flag and any scheme for a database.
"""

import ipaddress
import json
import sys
import zoneinfo
from hashlib import sha256
from importlib.util import find_spec
from itertools import starmap
from pathlib import Path
from typing import Any, NoReturn

import environ
from django.core.exceptions import ImproperlyConfigured

FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
DATABASE_SCHEMES = {"sqlite", "postgres", "postgresql", "mysql", "mariadb"}

env = environ.Env()


def refuse(name: str, why: str) -> NoReturn:
    """Stop the start: one line on stderr, exit status 1. ``why`` must not quote a secret."""
    sys.exit(f"CyberMed cannot start: {name} {why}.")


def flag(name: str, *, default: bool) -> bool:
    text = env.str(name, default="").strip().lower()
    if not text:
        return default
    if text not in FLAGS:
        refuse(name, "must be 1 or 0 (true or false, yes or no, on or off)")
    return FLAGS[text]


def integer(name: str, *, default: int, minimum: int, maximum: int) -> int:
    """A whole number from ``minimum`` to ``maximum``, both included."""
    text = env.str(name, default="").strip() or str(default)
    if not (text.removeprefix("-").isdecimal() and text.isascii()):
        refuse(name, "must be a whole number")
    if len(text) > len(str(maximum)) + 1 or not minimum <= int(text) <= maximum:
        refuse(name, f"must be between {minimum} and {maximum}")
    return int(text)


def text(name: str, *, default: str) -> str:
    return env.str(name, default="").strip() or default


def line(name: str, *, default: str) -> str:
    """Text that can stand in a mail's header: printable, and on one line."""
    value = text(name, default=default)
    if not value.isprintable():
        refuse(name, "must be one line, of characters that can be shown")
    return value


def names(name: str, *, default: list[str]) -> list[str]:
    """Values with commas between them."""
    values = [value.strip() for value in env.str(name, default="").split(",")]
    return [value for value in values if value] or default


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Addresses or networks (``10.0.0.0/8``) with commas between them; none by default."""
    try:
        return [ipaddress.ip_network(value) for value in names(name, default=[])]
    except ValueError:
        refuse(name, "must hold IP addresses, or networks such as 10.0.0.0/8")


def origins(name: str) -> list[str]:
    """Web origins (``https://app.example.org``) with commas between them; none by default."""
    values = names(name, default=[])
    for value in values:
        scheme, _, host = value.partition("://")
        if scheme not in {"http", "https"} or not host or "/" in host or "*" in host:
            refuse(name, "must hold origins such as https://app.example.org, without a path")
    return values


def secret(name: str, *, minimum_bytes: int, default: str | None) -> str:
    """A key of at least ``minimum_bytes``; without a ``default`` it must be set."""
    value = env.str(name, default="") or default
    if value is None:
        refuse(name, f"must be set, to {minimum_bytes} random bytes or more")
    if len(value.encode()) < minimum_bytes:
        refuse(name, f"must have {minimum_bytes} bytes or more")
    return value


def time_zone(name: str, *, default: str) -> str:
    """An IANA zone, such as ``Europe/Berlin``."""
    value = text(name, default=default)
    try:
        return zoneinfo.ZoneInfo(value).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        refuse(name, "must be an IANA time zone such as Europe/Berlin")


def choice(name: str, *, default: str, among: set[str]) -> str:
    value = text(name, default=default)
    if value not in among:
        listed = ", ".join(sorted(among)) if len(among) < 10 else "one that exists"
        refuse(name, f"must be {listed}")
    return value


def database_url(name: str, *, default: str) -> dict[str, Any]:
    """Django's settings for the database at a URL, as django-environ spells them."""
    url = text(name, default=default)
    if url.partition(":")[0] not in DATABASE_SCHEMES:
        refuse(name, "must be a URL that begins with sqlite, postgresql, mysql or mariadb")
    if url.startswith("mariadb:"):
        url = "mysql" + url.removeprefix("mariadb")
    parsed = _parse(name, env.db_url_config, url)
    if not parsed["NAME"]:
        refuse(name, "must name a database")
    return parsed


def cache_url(name: str, *, default: str, redis: dict[str, Any]) -> dict[str, Any]:
    """Django's settings for the cache at a URL; ``redis`` are options for one on Redis."""
    parsed = _parse(name, env.cache_url_config, text(name, default=default))
    if parsed["BACKEND"].endswith("RedisCache"):
        parsed["OPTIONS"] = {**redis, **parsed.get("OPTIONS", {})}
    return parsed


def documents(name: str) -> dict[str, str] | None:
    """GraphQL documents by the SHA-256 of their text, from a file of JSON; None by default."""
    path = text(name, default="")
    if not path:
        return None
    try:
        found = json.loads(Path(path).read_bytes())
    except OSError:
        refuse(name, "must name a file that can be read")
    except (ValueError, RecursionError):
        refuse(name, "must name a file of JSON")
    if not found or not isinstance(found, dict) or not all(starmap(_is_hash_of, found.items())):
        refuse(name, "must name a file of GraphQL documents, each under the SHA-256 of its text")
    return found


def redis_url(name: str) -> str:
    """Where a Redis server is (``redis://host:6379/1``); "" by default, which means none."""
    value = text(name, default="")
    scheme, _, place = value.partition("://")
    if value and (scheme not in {"redis", "rediss", "unix"} or not place):
        refuse(name, "must be a URL such as redis://localhost:6379/1")
    if value and find_spec("channels_redis") is None:
        refuse(name, "needs the packages of requirements/redis.txt")
    return value


def email_url(name: str, *, default: str) -> dict[str, Any]:
    return _parse(name, env.email_url_config, text(name, default=default))


def _is_hash_of(name: str, document: object) -> bool:
    if not isinstance(document, str):
        return False
    return name == sha256(document.encode(errors="surrogatepass")).hexdigest()


def _parse(name: str, read: Any, url: str) -> dict[str, Any]:
    try:
        parsed: dict[str, Any] = read(url)
    except (ImproperlyConfigured, KeyError, ValueError):
        refuse(name, "must be a URL of a kind the documentation lists")
    return parsed
