"""Counts and times SQL statements, and logs slow ones without their values."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from users.common import metrics
from users.common.request_record import current_record, operation_name

logger = logging.getLogger("cybermed.slow_query")

MAX_SQL_LENGTH = 2_000
# Text in single quotes, and numbers that are not part of a name. Prepared queries write the keys of
# a list as digits, and hand-written SQL can contain texts.
LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w$\".`])\d+(?:\.\d+)?(?![\w\"`])")
LIST = re.compile(r"\(\?(?:, \?)+\)|\(%s(?:, %s)+\)")


def without_values(sql: str) -> str:
    """Return a statement whose literals are replaced by ``?``, and lists by ``(?, …)``."""
    text = LIST.sub(lambda found: f"({found[0][1:].partition(',')[0]}, …)", LITERAL.sub("?", sql))
    return text if len(text) <= MAX_SQL_LENGTH else f"{text[:MAX_SQL_LENGTH]}…"


def time_statement(
    execute: Callable[..., Any],
    sql: Any,
    params: Any,
    many: bool,  # noqa: FBT001 - Django's signature
    context: Any,
) -> Any:
    """Run a statement as an ``execute_wrapper`` that counts it for the current request."""
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        seconds = time.perf_counter() - started
        record = current_record.get()
        if record is not None:
            record.statements += 1
            record.database_seconds += seconds
        limit = settings.SLOW_QUERY_MILLISECONDS
        if limit and seconds * 1000 > limit:
            _log_slow(str(sql), seconds, is_request=record is not None)


def _log_slow(sql: str, seconds: float, *, is_request: bool) -> None:
    metrics.count_slow_statement("request" if is_request else "other")
    logger.warning(
        "slow statement",
        extra={
            "operation": operation_name.get()[:100],
            "duration_ms": round(seconds * 1000, 1),
            "sql": without_values(sql),
        },
    )


def _watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if time_statement not in connection.execute_wrappers:
        # The first is the outermost one: it also counts statements that another one rejects.
        connection.execute_wrappers.insert(0, time_statement)


def install() -> None:
    """Watch the statements of every connection that is opened from now on."""
    connection_created.connect(_watch, dispatch_uid="time_statements")
