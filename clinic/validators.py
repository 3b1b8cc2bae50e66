"""Field validators of the five-minute grid."""

import datetime as dt

from django.core.exceptions import ValidationError

from clinic.error_codes import ErrorCode
from clinic.wall_clock import GRID_MINUTES


def validate_minutes_on_grid(minutes: int) -> None:
    """Raise ``off_grid`` unless ``minutes`` is a multiple of five."""
    if minutes % GRID_MINUTES:
        raise ValidationError("Not a multiple of five minutes.", code=ErrorCode.OFF_GRID)


def validate_time_on_grid(time: dt.time) -> None:
    """Raise ``off_grid`` unless ``time`` is a whole multiple of five minutes."""
    if time.minute % GRID_MINUTES or time.second or time.microsecond:
        raise ValidationError("Not a multiple of five minutes.", code=ErrorCode.OFF_GRID)
