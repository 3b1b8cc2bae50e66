from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps

from config import checks
from config.logging import exceptions, redaction, statements


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from users.common import task_queue  # noqa: F401, PLC0415 - connects a signal receiver; needs loaded models

        redaction.install()
        exceptions.install()
        statements.install()
        checks.register()


class ClinicAdminConfig(admin_apps.AdminConfig):
    """``django.contrib.admin`` with our admin site."""

    # Otherwise Django could choose this class for the entry "config" of INSTALLED_APPS.
    default = False
    default_site = "config.admin.ClinicAdminSite"
