"""Field validators for the five-minute grid."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.errors import BookingErrorCode
from clinic.slots import GRID_MINUTES

NOT_ON_GRID = _("This value is not a multiple of 5 minutes. Choose one that is.")


def validate_minutes_on_grid(minutes: int) -> None:
    """Raise ``off_grid`` unless ``minutes`` is a multiple of five."""
    if minutes % GRID_MINUTES:
        raise ValidationError(NOT_ON_GRID, code=BookingErrorCode.OFF_GRID)


def validate_time_on_grid(time: dt.time) -> None:
    """Raise ``off_grid`` unless ``time`` is a whole multiple of five minutes."""
    if time.minute % GRID_MINUTES or time.second or time.microsecond:
        raise ValidationError(NOT_ON_GRID, code=BookingErrorCode.OFF_GRID)
