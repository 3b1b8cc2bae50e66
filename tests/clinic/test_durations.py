"""Lengths of time in words."""

import pytest

from clinic.durations import describe_duration


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (45, "45 minutes"),
        (60, "1 hour"),
        (720, "12 hours"),
        (1_440, "1 day"),
        (1_445, "1 day and 5 minutes"),
        (3_061, "2 days, 3 hours and 1 minute"),
    ],
)
def test_describe_duration_uses_the_largest_units(minutes: int, words: str) -> None:
    assert describe_duration(minutes) == words
