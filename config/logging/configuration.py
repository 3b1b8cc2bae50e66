"""Django's ``LOGGING`` setting."""

from typing import Any

# The console shows each request and each email in one line; the logger of tasks would repeat them.
# Failed tasks are still logged, with their traceback.
CONSOLE_LOGGERS = {"django_tasks": {"level": "WARNING"}}


def logging_configuration(*, log_format: str, level: str) -> dict[str, Any]:
    """Return the configuration of a server that logs to stderr.

    ``log_format`` is ``line`` for a console, or ``json``; ``level`` is the lowest level.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "django_guid.log_filters.CorrelationId"},
            "trace_id": {"()": "config.logging.formatters.TraceIdFilter"},
            "redact_request": {"()": "config.logging.formatters.RedactRequestFilter"},
        },
        "formatters": {
            "line": {"()": "config.logging.formatters.LineFormatter"},
            "json": {"()": "config.logging.formatters.JsonFormatter"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "filters": ["request_id", "trace_id", "redact_request"],
                "formatter": log_format,
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": []},  # Django's own handlers would log everything twice
            "django_guid": {"level": "WARNING"},
            # It logs URLs, which can contain secrets; cybermed.request logs each request instead.
            "uvicorn.access": {"level": "WARNING"},
            "django.db.backends": {"level": "INFO"},  # its DEBUG records contain patients' data
            **(CONSOLE_LOGGERS if log_format == "line" else {}),
        },
    }
