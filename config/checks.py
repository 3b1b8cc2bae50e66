"""What ``manage.py check --deploy`` holds against a clinic that opens to patients."""

import os
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks


def check_doctor_approval(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it
    **kwargs: Any,  # noqa: ARG001 - Django may pass more
) -> list[checks.CheckMessage]:
    """Without approval anybody who registers as a doctor is shown and booked as one."""
    if settings.DOCTOR_APPROVAL_REQUIRED:
        return []
    return [
        checks.Error(
            "DOCTOR_APPROVAL_REQUIRED is off: whoever registers as a doctor can be booked.",
            hint="Remove the variable, or set it to 1.",
            id="cybermed.E001",
        )
    ]


def check_rate_limits(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it
    **kwargs: Any,  # noqa: ARG001 - Django may pass more
) -> list[checks.CheckMessage]:
    """Without limits passwords can be guessed, and one client can take all the server's time."""
    if settings.RATE_LIMIT_ENABLED:
        return []
    return [
        checks.Error(
            "RATE_LIMIT_ENABLED is off: it is for load tests only.",
            hint="Remove the variable, or set it to 1.",
            id="cybermed.E002",
        )
    ]


def check_shared_cache(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it
    **kwargs: Any,  # noqa: ARG001 - Django may pass more
) -> list[checks.CheckMessage]:
    """Processes that each count for themselves allow their number of times too much."""
    own = settings.CACHES["default"]["BACKEND"].endswith("LocMemCache")
    if not own or os.environ.get("WEB_CONCURRENCY", "1") in {"", "1"}:
        return []
    return [
        checks.Warning(
            "WEB_CONCURRENCY starts several processes, and each has a cache of its own.",
            hint="Set CACHE_URL to a server that they share, such as redis://localhost:6379/0.",
            id="cybermed.W001",
        )
    ]


def register() -> None:
    checks.register(check_shared_cache, checks.Tags.security, deploy=True)
    checks.register(check_rate_limits, checks.Tags.security, deploy=True)
    checks.register(check_doctor_approval, checks.Tags.security, deploy=True)
