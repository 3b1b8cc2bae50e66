from collections.abc import Callable

import pytest
from django.db import DataError, IntegrityError

from users.admin.redisplay import run_with_redisplay


def view_raising(*errors: Exception | None) -> Callable[[], str]:
    """Return a view that raises these errors in turn, and returns "page" for None."""
    outcomes = iter(errors)

    def view() -> str:
        if (error := next(outcomes)) is not None:
            raise error
        return "page"

    return view


def test_run_with_redisplay_calls_a_successful_view_once() -> None:
    assert run_with_redisplay(view_raising(None), IntegrityError) == "page"


def test_run_with_redisplay_keeps_the_error_and_calls_the_view_again() -> None:
    error, kept = IntegrityError(), list[Exception]()
    view = view_raising(error, None)
    assert run_with_redisplay(view, IntegrityError, keep_error=kept.append) == "page"
    assert kept == [error]


def test_run_with_redisplay_propagates_the_second_error() -> None:
    first, second = IntegrityError(), IntegrityError()
    with pytest.raises(IntegrityError) as raised:
        run_with_redisplay(view_raising(first, second), IntegrityError)
    assert raised.value is second


def test_run_with_redisplay_propagates_other_errors() -> None:
    with pytest.raises(DataError):
        run_with_redisplay(view_raising(DataError(), None), IntegrityError)


def test_run_with_redisplay_propagates_an_error_that_cannot_be_kept() -> None:
    def reject(error: Exception) -> None:
        raise error

    with pytest.raises(IntegrityError):
        run_with_redisplay(view_raising(IntegrityError(), None), IntegrityError, keep_error=reject)
