"""Print the state of the database after a race over HTTP or a crash, as JSON."""

import json
import sys
from collections.abc import Sequence

from clinic.models import Appointment
from tests.races.checks import double_bookings, history_mismatches, tick_mismatches
from tests.support.global_ids import id_of


def main(_arguments: Sequence[str]) -> None:
    json.dump(
        {
            "double_bookings": double_bookings(),
            "mismatches": [*tick_mismatches(), *history_mismatches()],
            "appointments": sorted(
                id_of(appointment) for appointment in Appointment.objects.live()
            ),
        },
        sys.stdout,
    )
