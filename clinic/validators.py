"""Field validators: the five-minute grid, and text that every database can store."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from clinic.errors import BookingErrorCode
from clinic.slots import GRID_MINUTES

# Line breaks and tabs are text; PostgreSQL cannot store NUL, no database a lone
# surrogate, and the other control characters break calendar feeds.
storable = RegexValidator(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]",
    message="This text has characters that cannot be stored.",
    code=BookingErrorCode.INVALID.value,
    inverse_match=True,
)


def validate_minutes_on_grid(minutes: int) -> None:
    """Raise ``off_grid`` unless ``minutes`` is a multiple of five."""
    if minutes % GRID_MINUTES:
        raise ValidationError("Not a multiple of five minutes.", code=BookingErrorCode.OFF_GRID)


def validate_time_on_grid(time: dt.time) -> None:
    """Raise ``off_grid`` unless ``time`` is a whole multiple of five minutes."""
    if time.minute % GRID_MINUTES or time.second or time.microsecond:
        raise ValidationError("Not a multiple of five minutes.", code=BookingErrorCode.OFF_GRID)
