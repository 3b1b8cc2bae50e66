"""What a race left behind: counted answers, and the state of the database against its rules."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain, combinations
from typing import Any

from clinic.models import Appointment, BusyTick
from tests.visits import expected_ticks, stored_ticks

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
        self.double_bookings += double_bookings()
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


def double_bookings() -> int:
    """How many pairs of live visits share a person and a minute."""
    visits = [
        (set(visit.people), visit.date, set(visit.slot.ticks))
        for visit in Appointment.objects.live().with_people()
    ]
    return sum(
        1 for one, other in combinations(visits, 2) if one[0] & other[0] and one[2] & other[2]
    )


def ticks_astray() -> list[str]:
    """Nothing if the ticks are those of the live visits."""
    stored, expected = stored_ticks(), sorted(expected_ticks())
    if stored == expected:
        return []
    return [f"{BusyTick.objects.count()} ticks stored, {len(expected)} expected"]


def history_astray() -> list[str]:
    """Nothing if every visit's history ends as the visit stands now."""
    return [
        f"visit {visit.pk}: history of {len(lines)} ends otherwise"
        for visit in Appointment.objects.filter(booked_by__isnull=False)
        if not (lines := list(visit.history.values_list("status", "date", "time")))
        or lines[-1] != (visit.status, visit.date, visit.time)
    ]
