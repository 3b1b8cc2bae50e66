"""The demo's accounts that are printed and offered in GraphiQL: one of each role."""

PASSWORD = "open-the-demo-clinic"  # noqa: S105 - public on purpose
ROLES = ("patient", "doctor", "staff")


def email_of(role: str) -> str:
    """Return the email address of the first account of this role."""
    return f"{role}@example.org"
