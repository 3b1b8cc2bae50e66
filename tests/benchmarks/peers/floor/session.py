"""The caller and the database connection of a request."""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import jwt
import psycopg

from tests.benchmarks.peers.account import ACCOUNT

JWT_SECRET = os.environ["JWT_SECRET"]
Row = tuple[Any, ...]
_threads = threading.local()


def connection() -> "psycopg.Connection[Row]":
    """Return the thread's connection, as Django's persistent connections."""
    if not hasattr(_threads, "connection"):
        _threads.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    opened: psycopg.Connection[Row] = _threads.connection
    return opened


@dataclass(slots=True)
class Session:
    """A signed-in account; counts the statements of its request."""

    connection: "psycopg.Connection[Row]"
    user: int = 0
    is_patient: bool = False
    statements: int = 0

    @classmethod
    def of(cls, environ: dict[str, Any]) -> Self | None:
        """Return the session of the request's token; None if it has ended."""
        token = environ["HTTP_AUTHORIZATION"].partition(" ")[2]
        claims = jwt.decode(token, JWT_SECRET, algorithms=["HS256"])
        session = cls(connection())
        accounts = session.rows(ACCOUNT, [claims["user_id"], claims["sid"]])
        if not accounts:
            return None
        session.user, session.is_patient = accounts[0][0], accounts[0][6]
        return session

    def rows(self, statement: str, parameters: Sequence[Any] | dict[str, Any]) -> list[Row]:
        """Execute a statement and return its rows; values are transferred in binary."""
        self.statements += 1
        cursor = self.connection.cursor(binary=True)
        return cursor.execute(statement.encode(), parameters).fetchall()
