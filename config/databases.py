"""Django settings for each supported database engine."""

from pathlib import Path
from typing import Any

# Connections are reused for 60 seconds and checked before each reuse: a server that was
# restarted in between would fail the next request.
PERSISTENT_CONNECTIONS = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

SQLITE = {
    # BEGIN IMMEDIATE makes writers wait for each other. A deferred transaction that writes
    # after another one did fails with "database is locked" at once, whatever the timeout.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,  # seconds
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
MYSQL = {
    # REPEATABLE READ would show a transaction the rows as they were before it got its lock.
    "isolation_level": "read committed",
    "charset": "utf8mb4",
    "init_command": "SET SESSION sql_mode = 'TRADITIONAL'",
}
# Executable comments: MariaDB runs the first (seconds), MySQL the second (milliseconds);
# each ignores the other's.
MYSQL_TIMEOUT = "/*M!100101 , max_statement_time = {0} */ /*!50708 , max_execution_time = {0}000 */"


def build_database_settings(
    database: dict[str, Any], *, base_dir: Path, statement_seconds: int = 0
) -> dict[str, Any]:
    """Return ``database`` with the defaults of its engine added; options in its URL win.

    A relative SQLite path is relative to ``base_dir``, not to the working directory.
    ``statement_seconds`` is the time limit of one statement; 0 means no limit. SQLite
    has no such limit.
    """
    match database["ENGINE"].rpartition(".")[2]:
        case "sqlite3":
            name = database["NAME"]
            path = name if name == ":memory:" else str(base_dir / name)
            return {**database, "NAME": path, "OPTIONS": _options(SQLITE, database)}
        case "mysql":
            test = {"CHARSET": "utf8mb4"}
            options = _options(_mysql(statement_seconds), database)
            return {**database, **PERSISTENT_CONNECTIONS, "OPTIONS": options, "TEST": test}
        case _:
            options = _options(_postgresql(statement_seconds), database)
            return {**database, **PERSISTENT_CONNECTIONS, "OPTIONS": options}


def _mysql(statement_seconds: int) -> dict[str, Any]:
    if not statement_seconds:
        return MYSQL
    timeout = MYSQL_TIMEOUT.format(statement_seconds)
    return {**MYSQL, "init_command": f"{MYSQL['init_command']} {timeout}"}


def _postgresql(statement_seconds: int) -> dict[str, Any]:
    return {"options": f"-c statement_timeout={statement_seconds}s"} if statement_seconds else {}


def _options(defaults: dict[str, Any], database: dict[str, Any]) -> dict[str, Any]:
    return {**defaults, **database.get("OPTIONS", {})}
