"""The result of a race: its outcomes, counted, and the inconsistencies found afterwards."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any

SUCCESSES = {"pending", "confirmed", "cancelled", "stored"}


@dataclass
class RaceResult:
    """The sums over the rounds of one race."""

    rounds: int = 0
    succeeded: int = 0
    rejected: int = 0
    busy: int = 0
    errors: int = 0
    double_bookings: int = 0
    seconds: float = 0
    mismatches: list[str] = field(default_factory=list)

    def add(self, outcomes: Sequence[str], *mismatches: Iterable[str]) -> None:
        """Add one round: the outcome of each client and the inconsistencies found afterwards."""
        self.rounds += 1
        counted = Counter(map(_kind, outcomes))
        self.succeeded += counted["success"]
        self.rejected += counted["rejection"]
        self.busy += counted["busy"]
        self.errors += counted["error"]
        self.mismatches += [
            *(outcome for outcome in outcomes if _kind(outcome) == "error"),
            *chain(*mismatches),
        ]

    def is_wrong(self, successes: int | None) -> bool:
        """Return whether more clients than ``successes`` succeeded, or rows are inconsistent."""
        too_many = successes and self.succeeded > successes * self.rounds
        return bool(too_many or self.mismatches)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _kind(outcome: str) -> str:
    word = outcome.partition(" ")[0]
    if word in SUCCESSES:
        return "success"
    return {"busy": "busy", "error:": "error"}.get(word, "rejection")
