#!/usr/bin/env python
"""Django's command line for CyberMed."""

import os
import sys

try:
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, connection
except ImportError:
    sys.exit("Django is not installed here. Run `make setup`, then `.venv/bin/python manage.py`.")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError:
        require_connection()
        raise


def require_connection() -> None:
    """Exit with one line if the database does not accept connections."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        reason = str(error).splitlines()[0].rstrip(".")
        sys.exit(
            f"Cannot connect to the database in DATABASE_URL: {reason}."
            " Start the server, create the database or correct DATABASE_URL."
        )


if __name__ == "__main__":
    main()
