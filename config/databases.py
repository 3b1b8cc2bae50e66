"""How each kind of database is spoken to."""

from pathlib import Path
from typing import Any

# A busy connection is kept a minute, and tried before it is used again.
KEPT = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

SQLITE = {
    # BEGIN IMMEDIATE queues writers; a deferred transaction that comes to write
    # after another did is told "database is locked" at once, however long the timeout.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
MYSQL = {
    # REPEATABLE READ would show a transaction the rows of before it got its lock.
    "isolation_level": "read committed",
    "charset": "utf8mb4",
    "init_command": "SET SESSION sql_mode = 'TRADITIONAL'",
}
# Run by MariaDB alone (seconds), and by MySQL alone (milliseconds): the one skips
# the other's comment.
MYSQL_TIMEOUT = "/*M!100101 , max_statement_time = {0} */ /*!50708 , max_execution_time = {0}000 */"


def tuned(
    database: dict[str, Any], *, base_dir: Path, statement_seconds: int = 0
) -> dict[str, Any]:
    """``database`` with what its kind needs; options of its URL win.

    A relative SQLite path is taken from ``base_dir``, wherever the server is started.
    A server ends a statement after ``statement_seconds``; 0 sets no limit, and SQLite
    knows none.
    """
    match database["ENGINE"].rpartition(".")[2]:
        case "sqlite3":
            name = database["NAME"]
            path = name if name == ":memory:" else str(base_dir / name)
            return {**database, "NAME": path, "OPTIONS": _options(SQLITE, database)}
        case "mysql":
            test = {"CHARSET": "utf8mb4"}
            options = _options(_mysql(statement_seconds), database)
            return {**database, **KEPT, "OPTIONS": options, "TEST": test}
        case _:
            options = _options(_postgresql(statement_seconds), database)
            return {**database, **KEPT, "OPTIONS": options}


def _mysql(statement_seconds: int) -> dict[str, Any]:
    if not statement_seconds:
        return MYSQL
    timeout = MYSQL_TIMEOUT.format(statement_seconds)
    return {**MYSQL, "init_command": f"{MYSQL['init_command']} {timeout}"}


def _postgresql(statement_seconds: int) -> dict[str, Any]:
    return {"options": f"-c statement_timeout={statement_seconds}s"} if statement_seconds else {}


def _options(ours: dict[str, Any], database: dict[str, Any]) -> dict[str, Any]:
    return {**ours, **database.get("OPTIONS", {})}
