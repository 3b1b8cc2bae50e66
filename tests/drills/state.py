"""Print how many of the given appointments are not stored, and how many slots are taken twice."""

import json
import sys
from collections.abc import Sequence

from django.db.models import Count
from strawberry.relay import GlobalID

from clinic.models import Appointment
from clinic.rules import OPEN_STATUSES


def main(arguments: Sequence[str]) -> None:
    acknowledged = {int(GlobalID.from_id(id_).node_id) for id_ in json.loads(arguments[0])}
    stored = set(Appointment.objects.values_list("pk", flat=True))
    slots = Appointment.objects.filter(status__in=OPEN_STATUSES).values("doctor", "date", "time")
    doubled = slots.annotate(count=Count("pk")).filter(count__gt=1)
    result = {"lost": len(acknowledged - stored), "doubled": doubled.count()}
    json.dump(result, sys.stdout)
