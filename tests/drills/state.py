"""Print how many of a file's appointments are not stored, and how many slots are taken twice."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from django.db.models import Count
from strawberry.relay import GlobalID

from clinic.models import Appointment
from clinic.rules import OPEN_STATUSES


def main(arguments: Sequence[str]) -> None:
    ids = json.loads(Path(arguments[0]).read_text())
    acknowledged = {int(GlobalID.from_id(id_).node_id) for id_ in ids}
    stored = set(Appointment.objects.values_list("pk", flat=True))
    slots = Appointment.objects.filter(status__in=OPEN_STATUSES).values("doctor", "date", "time")
    doubled = slots.annotate(count=Count("pk")).filter(count__gt=1)
    result = {"lost": len(acknowledged - stored), "doubled": doubled.count()}
    json.dump(result, sys.stdout)
