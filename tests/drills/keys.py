"""Print how many appointments each slot has, cancelled ones included."""

import json
import sys
from collections import Counter
from collections.abc import Sequence

from clinic.models import Appointment


def main(_arguments: Sequence[str]) -> None:
    booked = Appointment.objects.filter(booked_by__isnull=False)
    slots = booked.values_list("doctor", "date", "time")
    json.dump(Counter(" ".join(map(str, slot)) for slot in slots), sys.stdout)
