from django.apps import AppConfig

from config import checks
from config.logging import redaction


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from users.common import task_queue  # noqa: F401, PLC0415 - connects a signal receiver; needs loaded models

        redaction.install()
        checks.register()
