"""What a block adds to a metric of this process."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter

Counts = dict[tuple[str, ...], float]


@contextmanager
def counted(metric: Counter) -> Iterator[Counts]:
    """Yield a dictionary that has the increments by label values when the block has ended."""
    before, added = _values(metric), Counts()
    yield added
    after = _values(metric)
    changes = {labels: value - before.get(labels, 0) for labels, value in after.items()}
    added.update({labels: change for labels, change in changes.items() if change})


def _values(metric: Counter) -> Counts:
    [family] = metric.collect()
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}
