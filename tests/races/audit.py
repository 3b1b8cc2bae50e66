"""What clients over HTTP have left in the database, as JSON."""

import json
import sys
from collections.abc import Sequence

from clinic.models import Appointment
from tests.races.checks import double_bookings, history_astray, ticks_astray
from tests.support.global_ids import id_of


def main(_arguments: Sequence[str]) -> None:
    json.dump(
        {
            "double_bookings": double_bookings(),
            "astray": [*ticks_astray(), *history_astray()],
            "appointments": sorted(
                id_of(appointment) for appointment in Appointment.objects.live()
            ),
        },
        sys.stdout,
    )
