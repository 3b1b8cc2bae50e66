"""The code and the message of a database error, without values of rows."""

from collections.abc import Iterator
from typing import NamedTuple

# Classes of SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html) whose primary
# messages name tables, columns and constraints only. Those of class 22 quote values, such as
# `invalid input syntax for type integer: "…"`. DETAIL quotes rows and is never used.
SAFE_CLASSES = frozenset({"08", "23", "25", "3D", "40", "42", "53", "55", "57", "58"})
# Syntax errors and invalid names quote parts of the statement, into which Django's driver has put
# the values.
UNSAFE_STATES = frozenset({"42601", "42602", "42622"})


class DatabaseErrorText(NamedTuple):
    """``code`` is PostgreSQL's SQLSTATE, MySQL's error number or SQLite's error name.

    ``message`` is empty unless it can contain no value: only PostgreSQL's can be used.
    """

    code: str
    message: str = ""


def database_error_text(error: BaseException | None) -> DatabaseErrorText | None:
    """Return code and message of the first database error among ``error`` and its causes.

    None if there is none. Recognises the errors of psycopg, mysqlclient and sqlite3 by their
    attributes, because two of the three drivers are not installed.
    """
    return next(filter(None, map(_text_of, _causes(error))), None)


def _text_of(error: BaseException) -> DatabaseErrorText | None:
    if sqlstate := getattr(error, "sqlstate", None):
        message = getattr(getattr(error, "diag", None), "message_primary", None) or ""
        is_safe = sqlstate[:2] in SAFE_CLASSES and sqlstate not in UNSAFE_STATES
        return DatabaseErrorText(sqlstate, message if is_safe else "")
    if name := getattr(error, "sqlite_errorname", None):
        return DatabaseErrorText(name)
    if type(error).__module__.startswith("MySQLdb") and error.args:
        # Its text is left out: "Duplicate entry '…' for key '…'".
        return DatabaseErrorText(str(error.args[0])) if isinstance(error.args[0], int) else None
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
