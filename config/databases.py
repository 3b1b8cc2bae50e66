"""Django settings for each supported database engine."""

from pathlib import Path
from typing import Any

# Connections are reused for 60 seconds and checked before each reuse: a server that was
# restarted in between would fail the next request.
PERSISTENT_CONNECTIONS: dict[str, Any] = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

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
# Waiting for a row, and for the definition of a table. By default the second takes a year.
MYSQL_LOCKS = ", innodb_lock_wait_timeout = {0} , lock_wait_timeout = {0}"
# A server that cannot be reached must not hold a request: the system retries for minutes.
CONNECT_SECONDS = 5
# Of data that the server does not acknowledge, because its machine or the network is gone.
UNACKNOWLEDGED_SECONDS = 10
# A transaction of a process that hangs holds its locks, and ends after so long without a statement.
# MySQL has no such limit.
IDLE_TRANSACTION_SECONDS = 60
MYSQL_IDLE_TRANSACTION = f"/*M!100300 , idle_transaction_timeout = {IDLE_TRANSACTION_SECONDS} */"


def build_database_settings(
    database: dict[str, Any],
    *,
    base_dir: Path,
    lock_seconds: int,
    statement_seconds: int = 0,
    is_pooled: bool = False,
) -> dict[str, Any]:
    """Return ``database`` with the defaults of its engine added; options in its URL win.

    A relative SQLite path is relative to ``base_dir``, not to the working directory.
    ``statement_seconds`` is the time limit of one statement, 0 means no limit; ``lock_seconds``
    is that of waiting for one lock. SQLite has no such limits. ``is_pooled``: the server is a
    pooler of PostgreSQL connections in transaction mode, which takes no limits from a connection;
    those of the database's role apply.
    """
    engine = database["ENGINE"].rpartition(".")[2]
    fail_fast = {"ENGINE": f"config.database_engines.{engine}", **PERSISTENT_CONNECTIONS}
    match engine:
        case "sqlite3":
            name = database["NAME"]
            path = name if name == ":memory:" else str(base_dir / name)
            return {**database, "NAME": path, "OPTIONS": _options(SQLITE, database)}
        case "mysql":
            test = {"CHARSET": "utf8mb4"}
            options = _options(_mysql(statement_seconds, lock_seconds), database)
            return {**database, **fail_fast, "OPTIONS": options, "TEST": test}
        case _:
            defaults = _postgresql(statement_seconds, lock_seconds)
            if is_pooled:
                del defaults["options"]
                # Its next fetch could reach another connection, which does not know the cursor.
                fail_fast["DISABLE_SERVER_SIDE_CURSORS"] = True
            return {**database, **fail_fast, "OPTIONS": _options(defaults, database)}


def _mysql(statement_seconds: int, lock_seconds: int) -> dict[str, Any]:
    parts = [MYSQL["init_command"], MYSQL_LOCKS.format(lock_seconds), MYSQL_IDLE_TRANSACTION]
    options = {**MYSQL, "connect_timeout": CONNECT_SECONDS, "write_timeout": UNACKNOWLEDGED_SECONDS}
    if statement_seconds:
        parts.append(MYSQL_TIMEOUT.format(statement_seconds))
        # The server ends the statement before.
        options["read_timeout"] = statement_seconds + UNACKNOWLEDGED_SECONDS
    return {**options, "init_command": " ".join(parts)}


def _postgresql(statement_seconds: int, lock_seconds: int) -> dict[str, Any]:
    # https://www.postgresql.org/docs/current/runtime-config-client.html; 0 means no limit.
    limits = {
        "statement_timeout": statement_seconds,
        "lock_timeout": lock_seconds,
        "idle_in_transaction_session_timeout": IDLE_TRANSACTION_SECONDS,
    }
    return {
        "options": " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items()),
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": UNACKNOWLEDGED_SECONDS * 1000,
        # Probes of a connection on which the answer to a statement is awaited.
        "keepalives_idle": UNACKNOWLEDGED_SECONDS,
        "keepalives_interval": UNACKNOWLEDGED_SECONDS // 3,
        "keepalives_count": 3,
    }


def _options(defaults: dict[str, Any], database: dict[str, Any]) -> dict[str, Any]:
    return {**defaults, **database.get("OPTIONS", {})}
