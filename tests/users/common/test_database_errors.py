"""What is logged of an error: the database's code, and only messages that cannot quote values."""

import psycopg
import pytest
from django.db import DataError, IntegrityError

from users.common.database_errors import DatabaseErrorText, database_error_text
from users.common.transactions import TransactionConflict


def caused_by(cause: Exception) -> IntegrityError:
    error = IntegrityError("canary")
    error.__cause__ = cause
    return error


class Diagnostic:
    message_primary = "primary"
    message_detail = "Key (email)=(canary) already exists."


def postgresql_error(sqlstate: str) -> psycopg.Error:
    """Return psycopg's error with the diagnostics that a server would have sent."""
    class_ = type("Error", (psycopg.errors.lookup(sqlstate),), {"diag": Diagnostic()})
    error = class_("canary")
    assert isinstance(error, psycopg.Error)
    return error


@pytest.mark.parametrize(
    "sqlstate", ["23505", "23514", "40001", "42P01", "53300", "55P03", "57014"]
)
def test_message_that_names_only_objects_is_kept(sqlstate: str) -> None:
    error = caused_by(postgresql_error(sqlstate))
    assert database_error_text(error) == DatabaseErrorText(sqlstate, "primary")


@pytest.mark.parametrize(
    "sqlstate", ["22P02", "22001", "22003", "22007", "42601", "P0001", "XX000"]
)
def test_message_that_can_quote_a_value_is_left_out(sqlstate: str) -> None:
    assert database_error_text(caused_by(postgresql_error(sqlstate))) == DatabaseErrorText(
        sqlstate, ""
    )


def test_words_are_found_behind_several_exceptions() -> None:
    conflict = TransactionConflict()
    conflict.__cause__ = ValueError()
    conflict.__cause__.__context__ = caused_by(postgresql_error("40001"))
    assert database_error_text(conflict) == DatabaseErrorText("40001", "primary")


def test_error_without_a_database_has_no_words() -> None:
    loop = ValueError()
    loop.__context__ = TypeError()
    loop.__context__.__context__ = loop
    assert [database_error_text(each) for each in (None, loop, DataError("canary"))] == [None] * 3
