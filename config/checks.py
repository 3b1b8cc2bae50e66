"""Deployment checks, run by ``manage.py check --deploy``."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.files.storage import default_storage
from django.db import connection

from config import media_settings, static_files


def check_doctor_approval(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it
    **kwargs: Any,  # noqa: ARG001 - Django may pass more
) -> list[checks.CheckMessage]:
    """Report an error if anyone can register as a doctor and be booked without approval."""
    if settings.DOCTOR_APPROVAL_REQUIRED:
        return []
    return [
        checks.Error(
            "DOCTOR_APPROVAL_REQUIRED is off: anyone who registers as a doctor can be booked.",
            hint="Remove the variable, or set it to 1.",
            id="cybermed.E001",
        )
    ]


def check_rate_limits(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it
    **kwargs: Any,  # noqa: ARG001 - Django may pass more
) -> list[checks.CheckMessage]:
    """Report an error if nothing limits password guessing and floods of requests."""
    if settings.RATE_LIMIT_ENABLED:
        return []
    return [
        checks.Error(
            "RATE_LIMIT_ENABLED is off. Only load tests need that.",
            hint="Remove the variable, or set it to 1.",
            id="cybermed.E002",
        )
    ]


def check_email_verification(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it
    **kwargs: Any,  # noqa: ARG001 - Django may pass more
) -> list[checks.CheckMessage]:
    """Report an error if anyone can book, and have emails sent, with a stranger's address."""
    if settings.EMAIL_VERIFICATION_REQUIRED:
        return []
    return [
        checks.Error(
            "EMAIL_VERIFICATION_REQUIRED is off: anyone can register with a stranger's email "
            "address, and have emails about appointments sent to it.",
            hint="Remove the variable, or set it to 1.",
            id="cybermed.E003",
        )
    ]


def check_public_url(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it
    **kwargs: Any,  # noqa: ARG001 - Django may pass more
) -> list[checks.CheckMessage]:
    """Warn if links in emails lead to the development server."""
    if not settings.PUBLIC_URL.startswith("http://localhost"):
        return []
    return [
        checks.Warning(
            "Links in emails lead to localhost, because ALLOWED_HOSTS starts with any host.",
            hint="Set PUBLIC_URL to the address of this server, such as "
            "https://clinic.example.org.",
            id="cybermed.W002",
        )
    ]


def check_shared_cache(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it
    **kwargs: Any,  # noqa: ARG001 - Django may pass more
) -> list[checks.CheckMessage]:
    """Warn if each process counts separately, so that a limit of n allows n per process."""
    is_local = settings.CACHES["default"]["BACKEND"].endswith("LocMemCache")
    if not is_local or os.environ.get("WEB_CONCURRENCY", "1") in {"", "1"}:
        return []
    return [
        checks.Warning(
            "WEB_CONCURRENCY starts several processes, but CACHE_URL gives each its own cache.",
            hint="Set CACHE_URL to a shared server such as redis://localhost:6379/0.",
            id="cybermed.W001",
        )
    ]


def check_static_files(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it
    **kwargs: Any,  # noqa: ARG001 - Django may pass more
) -> list[checks.CheckMessage]:
    """Report an error if static files were not collected, or not since the last update."""
    manifest = static_files.loaded_manifest()
    missing = [] if manifest is None else static_files.find_uncollected(manifest)
    if not missing:
        return []
    return [
        checks.Error(
            f"{len(missing)} static files were not collected, such as {missing[0]}: pages that "
            "use them answer 500.",
            hint="Run `python manage.py collectstatic --no-input`, then restart the server.",
            id="cybermed.E004",
        )
    ]


def check_media_bucket(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it
    **kwargs: Any,  # noqa: ARG001 - Django may pass more
) -> list[checks.CheckMessage]:
    """Report an error if uploaded pictures cannot be stored in the bucket."""
    if settings.STORAGES["default"]["BACKEND"] != media_settings.BUCKET_STORAGE:
        return []
    missing = [name for name in ("storages", "boto3") if find_spec(name) is None]
    if missing:
        problem = f"the package {missing[0]} is not installed"
        hint = "Install requirements/s3.txt."
    else:
        problem, hint = _bucket_problem(), "See MEDIA_BUCKET in the documentation of settings."
    if not problem:
        return []
    message = f"Pictures cannot be stored in MEDIA_BUCKET: {problem}."
    return [checks.Error(message, hint=hint, id="cybermed.E005")]


# What ends a transaction that holds others, in seconds, in PostgreSQL's settings.
LIMITS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")


def check_limits_of_pooled_database(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it
    **kwargs: Any,  # noqa: ARG001 - Django may pass more
) -> list[checks.CheckMessage]:
    """Report an error if waits behind a pooler have no end: connections cannot set limits there."""
    if not settings.DATABASE_POOLED:
        return []
    with connection.cursor() as cursor:
        query = "SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = '0' ORDER BY name"
        cursor.execute(query, [list(LIMITS)])
        missing = [name for (name,) in cursor.fetchall()]
    if not missing:
        return []
    return [
        checks.Error(
            f"DATABASE_POOLED is on, and the role of the database has no {', '.join(missing)}.",
            hint="Set them with ALTER ROLE: see PgBouncer in the documentation of scaling.",
            id="cybermed.E006",
        )
    ]


def _bucket_problem() -> str:
    """Return why the bucket cannot be used; "" if it can."""
    try:
        storage: Any = default_storage
        storage.reach()
    except OSError as error:
        return f"{error} ({settings.STORAGES['default']['OPTIONS']['bucket_name']})"
    return ""


def register() -> None:
    checks.register(check_limits_of_pooled_database, checks.Tags.security, deploy=True)
    checks.register(check_media_bucket, checks.Tags.files, deploy=True)
    checks.register(check_static_files, checks.Tags.staticfiles, deploy=True)
    checks.register(check_shared_cache, checks.Tags.security, deploy=True)
    checks.register(check_rate_limits, checks.Tags.security, deploy=True)
    checks.register(check_doctor_approval, checks.Tags.security, deploy=True)
    checks.register(check_email_verification, checks.Tags.security, deploy=True)
    checks.register(check_public_url, checks.Tags.security, deploy=True)
