"""What ``manage.py check --deploy`` holds against a clinic that opens to patients."""

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


def register() -> None:
    checks.register(check_doctor_approval, checks.Tags.security, deploy=True)
