"""The demo accounts with a published password, at least one for each role.

``seed_demo`` prints them, and GraphiQL offers them for signing in during development.
"""

PASSWORD = "open-the-demo-clinic"  # noqa: S105 - public on purpose
ROLES = ("patient", "doctor", "staff")


def email_of(local_part: str) -> str:
    """Return a demo email address; with a role, that of the first account of this role."""
    return f"{local_part}@example.org"
