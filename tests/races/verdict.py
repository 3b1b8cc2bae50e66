"""What came of a race: its answers, counted, and what was found wrong afterwards."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any

WINS = {"pending", "confirmed", "cancelled", "stored"}


@dataclass
class Verdict:
    """The sums over the rounds of one race."""

    rounds: int = 0
    winners: int = 0
    refused: int = 0
    busy: int = 0
    errors: int = 0
    double_bookings: int = 0
    seconds: float = 0
    astray: list[str] = field(default_factory=list)

    def add(self, answers: Sequence[str], *astray: Iterable[str]) -> None:
        """Count one round: its answers, and what checks of its outcome found wrong."""
        self.rounds += 1
        counted = Counter(map(_kind, answers))
        self.winners += counted["win"]
        self.refused += counted["refusal"]
        self.busy += counted["busy"]
        self.errors += counted["error"]
        self.astray += [
            *(answer for answer in answers if _kind(answer) == "error"),
            *chain(*astray),
        ]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _kind(answer: str) -> str:
    word = answer.partition(" ")[0]
    if word in WINS:
        return "win"
    return {"busy": "busy", "error:": "error"}.get(word, "refusal")
