"""Labels have a limited number of values, whatever clients send."""

import pytest

from users.common import metrics
from users.common.metrics import OperationNames


def test_operation_names_keeps_the_first_names_of_successful_operations() -> None:
    names = OperationNames(2)
    labels = [
        names.label(name, learn=learn)
        for name, learn in (
            ("Failed", False),
            ("First", True),
            ("", True),
            ("x" * 65, True),
            ("Second", True),
            ("Third", True),
            ("First", False),
            ("Failed", True),
        )
    ]
    assert labels == ["other", "First", "other", "other", "Second", "other", "First", "other"]


@pytest.mark.parametrize(("method", "label"), [("GET", "GET"), ("BREW", "other"), (None, "other")])
def test_count_unhandled_counts_unknown_methods_as_one(method: str | None, label: str) -> None:
    before = teapots(label)
    metrics.count_unhandled(method, 418, "BAD_USER_INPUT")
    assert teapots(label) == before + 1


def teapots(method: str) -> float:
    """Return how many requests with this method were answered 418."""
    [family] = metrics.REQUESTS.collect()
    labels = {"route": "", "method": method, "status": "418"}
    return sum(sample.value for sample in family.samples if sample.labels == labels)
