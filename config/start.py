"""What is checked when a web server starts, besides the settings."""

import django
from django.db import DatabaseError, connection

from config.environment import abort_startup


def require_stored_time_zone() -> None:
    """Exit with one line if ``TIME_ZONE`` is not the zone of the times in the database."""
    django.setup(set_prefix=False)
    # Models can be imported only after Django is set up.
    from clinic import time_zone  # noqa: PLC0415

    try:
        change = time_zone.find_change()
    except DatabaseError:
        return  # it is unavailable, or not migrated: /readyz says so
    finally:
        # Processes that are forked from this one must not share its connection.
        connection.close()
    if change:
        abort_startup(
            "TIME_ZONE",
            f"was changed: {change}. Set it back, or run `manage.py change_time_zone`",
        )
