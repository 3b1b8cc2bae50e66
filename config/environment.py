"""Strict parsing of environment variables: an invalid value stops the start with one line.

django-environ alone reads any unknown text as False and accepts any database scheme.
"""

import ipaddress
import json
import re
import sys
import zoneinfo
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from itertools import starmap
from pathlib import Path
from typing import Any, NoReturn

import environ
from django.core.exceptions import ImproperlyConfigured

from config import email_values

FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token in RFC 9110, 5.6.2
DATABASE_SCHEMES = {"sqlite", "postgres", "postgresql", "mysql", "mariadb"}

# By Django's engine: the module that connects, and what has to be installed for it.
DATABASE_DRIVERS = {
    "postgresql": ("psycopg", "the packages in requirements/postgresql.txt"),
    "mysql": ("MySQLdb", "the packages in requirements/mysql.txt and MariaDB's client library"),
}

env = environ.Env()


def abort_startup(name: str, why: str) -> NoReturn:
    """Exit with status 1 and one line on stderr. ``why`` must not contain a secret value."""
    sys.exit(f"CyberMed cannot start: {name} {why}.")


def flag(name: str, *, default: bool) -> bool:
    """Return a boolean, written as one of ``FLAGS`` in any case."""
    text = env.str(name, default="").strip().lower()
    if not text:
        return default
    if text not in FLAGS:
        abort_startup(name, "must be 1 or 0 (true or false, yes or no, on or off)")
    return FLAGS[text]


def integer(name: str, *, default: int, minimum: int, maximum: int) -> int:
    """Return a whole number from ``minimum`` to ``maximum``, both included."""
    text = env.str(name, default="").strip() or str(default)
    if not (text.removeprefix("-").isdecimal() and text.isascii()):
        abort_startup(name, "must be a whole number")
    if len(text) > len(str(maximum)) + 1 or not minimum <= int(text) <= maximum:
        abort_startup(name, f"must be between {minimum} and {maximum}")
    return int(text)


def secrets(name: str, *, minimum_bytes: int) -> list[str]:
    """Return secret keys separated by commas, each of at least ``minimum_bytes`` bytes."""
    keys = [key.strip() for key in env.str(name, default="").split(",") if key.strip()]
    if any(len(key.encode()) < minimum_bytes for key in keys):
        abort_startup(name, f"must be keys of at least {minimum_bytes} bytes, separated by commas")
    return keys


def text(name: str, *, default: str) -> str:
    """Return the text without surrounding spaces; ``default`` if it is empty or not set."""
    return env.str(name, default="").strip() or default


def line(name: str, *, default: str) -> str:
    """Return printable text on one line, as an email header needs it."""
    value = text(name, default=default)
    if not value.isprintable():
        abort_startup(name, "must be one line of printable characters")
    return value


def sender(name: str, *, default: str) -> str:
    """Return an email address, or a name and an address: ``Clinic <clinic@example.org>``."""
    try:
        return email_values.parse_sender(line(name, default=default))
    except ValueError as error:
        abort_startup(name, str(error))


def link(name: str, *, placeholder: str) -> str:
    """Return a URL for emails that contains ``placeholder``; "" by default."""
    value = line(name, default="")
    try:
        return value and email_values.parse_link(value, placeholder)
    except ValueError as error:
        abort_startup(name, str(error))


def names(name: str, *, default: list[str]) -> list[str]:
    """Return comma-separated values as a list."""
    values = [value.strip() for value in env.str(name, default="").split(",")]
    return [value for value in values if value] or default


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return comma-separated IP addresses and networks (``10.0.0.0/8``); none by default."""
    try:
        return [ipaddress.ip_network(value) for value in names(name, default=[])]
    except ValueError:
        abort_startup(
            name, "must be a comma-separated list of IP addresses or networks such as 10.0.0.0/8"
        )


def origins(name: str) -> list[str]:
    """Return comma-separated web origins (``https://app.example.org``); none by default."""
    values = names(name, default=[])
    if not all(map(_is_origin, values)):
        abort_startup(
            name,
            "must be a comma-separated list of origins such as https://app.example.org,"
            " without a path",
        )
    return values


def origin(name: str, *, default: str) -> str:
    """Return a web origin such as ``https://clinic.example.org``."""
    value = line(name, default=default)
    if not _is_origin(value):
        abort_startup(name, "must be an origin such as https://clinic.example.org, without a path")
    return value


def first_origin(hosts: list[str], *, is_https: bool) -> str:
    """Return the origin of the first host name in ``ALLOWED_HOSTS``.

    That of the development server if the first one stands for any host.
    """
    host = hosts[0].removeprefix(".")
    if host == "*":
        return f"http://localhost:{env.str('PORT', default='') or 8000}"
    return f"{'https' if is_https else 'http'}://{host}"


def _is_origin(value: str) -> bool:
    scheme, _, host = value.partition("://")
    is_host = bool(host) and not any(c in "/*?#@" or c.isspace() for c in host)
    return scheme in {"http", "https"} and is_host


def header_names(name: str) -> list[str]:
    """Return comma-separated names of HTTP headers in lower case; none by default."""
    values = names(name, default=[])
    # `*` is a wildcard in CORS, although a header can have this name.
    if not all(HEADER_NAME.fullmatch(value) for value in values) or "*" in values:
        abort_startup(name, "must be a comma-separated list of header names such as X-Tenant")
    return [value.lower() for value in values]


def secret(name: str, *, minimum_bytes: int, default: str | None) -> str:
    """Return a key of at least ``minimum_bytes``; required if ``default`` is None."""
    value = env.str(name, default="") or default
    if value is None:
        abort_startup(
            name,
            f"must be set to at least {minimum_bytes} random bytes"
            " (for development, set DEBUG=1 instead)",
        )
    if len(value.encode()) < minimum_bytes:
        abort_startup(name, f"must have at least {minimum_bytes} bytes")
    return value


def time_zone(name: str, *, default: str) -> str:
    """Return the name of an IANA time zone, such as ``Europe/Berlin``."""
    value = text(name, default=default)
    try:
        return zoneinfo.ZoneInfo(value).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        abort_startup(name, "must be an IANA time zone such as Europe/Berlin")


def choice(name: str, *, default: str, among: set[str]) -> str:
    """Return one of the values in ``among``."""
    value = text(name, default=default)
    if value not in among:
        few = len(among) < 10
        listed = f"one of {', '.join(sorted(among))}" if few else f"a value such as {default}"
        abort_startup(name, f"must be {listed}")
    return value


def database_url(name: str, *, default: str) -> dict[str, Any]:
    """Parse a database URL into an entry of Django's ``DATABASES``."""
    url = text(name, default=default)
    if url.partition(":")[0] not in DATABASE_SCHEMES:
        abort_startup(name, "must be a URL that starts with sqlite, postgresql, mysql or mariadb")
    if url.startswith("mariadb:"):
        url = "mysql" + url.removeprefix("mariadb")
    parsed = _parse(name, env.db_url_config, url)
    if not parsed["NAME"]:
        abort_startup(name, "must name a database")
    return parsed


def require_database_driver(name: str, engine: str) -> None:
    """Stop the start if the driver of Django's database ``engine`` cannot be imported."""
    module, packages = DATABASE_DRIVERS.get(engine.rpartition(".")[2], (None, None))
    if module is None:
        return
    try:
        import_module(module)
    except ImportError:
        abort_startup(name, f"needs {packages}")


ATOMIC_CACHES = ("LocMemCache", "RedisCache", "PyMemcacheCache", "PyLibMCCache")


def cache_url(name: str, *, default: str, redis: dict[str, Any]) -> dict[str, Any]:
    """Parse a cache URL into an entry of Django's ``CACHES``; ``redis`` are options for Redis.

    Only caches that count atomically are allowed: in the others, attempts at the same time to
    guess a password would be counted as one.
    """
    parsed = _parse(name, env.cache_url_config, text(name, default=default))
    if not parsed["BACKEND"].endswith(ATOMIC_CACHES):
        abort_startup(name, "must be a Redis, Memcached or local memory cache")
    if parsed["BACKEND"].endswith("RedisCache"):
        parsed["BACKEND"] = "config.redis_cache.FailFastRedisCache"
        parsed["OPTIONS"] = {**redis, **parsed.get("OPTIONS", {})}
    return parsed


def documents(name: str) -> dict[str, str] | None:
    """Read a JSON file of GraphQL documents keyed by their SHA-256; None by default."""
    path = text(name, default="")
    if not path:
        return None
    try:
        content = json.loads(Path(path).read_bytes())
    except OSError:
        abort_startup(name, "must be the path of a readable file")
    except (ValueError, RecursionError):
        abort_startup(name, "must be the path of a JSON file")
    if (
        not content
        or not isinstance(content, dict)
        or not all(starmap(_is_hash_of, content.items()))
    ):
        abort_startup(
            name, "must be the path of a JSON object that maps SHA-256 hashes to GraphQL documents"
        )
    return content


def redis_url(name: str) -> str:
    """Return the URL of a Redis server (``redis://host:6379/1``); "" (no Redis) by default."""
    value = text(name, default="")
    scheme, _, place = value.partition("://")
    if value and (scheme not in {"redis", "rediss", "unix"} or not place):
        abort_startup(name, "must be a URL such as redis://localhost:6379/1")
    if value and find_spec("channels_redis") is None:
        abort_startup(name, "needs the packages in requirements/redis.txt")
    return value


def email_url(name: str, *, default: str) -> dict[str, Any]:
    """Parse an email URL into Django's ``EMAIL_…`` settings."""
    parsed = _parse(name, env.email_url_config, text(name, default=default))
    if parsed["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend":
        parsed["EMAIL_BACKEND"] = "config.email_files.EmailBackend"
    if parsed["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend":
        try:
            parsed["EMAIL_HOST"] = email_values.parse_smtp_host(parsed["EMAIL_HOST"] or "")
            email_values.check_smtp_settings(parsed)
        except ValueError as error:
            abort_startup(name, str(error))
    return parsed


def _is_hash_of(digest: str, document: object) -> bool:
    if not isinstance(document, str):
        return False
    return digest == sha256(document.encode(errors="surrogatepass")).hexdigest()


def _parse(name: str, read: Any, url: str) -> dict[str, Any]:
    try:
        parsed: dict[str, Any] = read(url)
    except (ImproperlyConfigured, KeyError, ValueError):
        abort_startup(
            name, "is not a valid URL of a supported kind (see the settings in the documentation)"
        )
    return parsed
