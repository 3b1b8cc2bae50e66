"""Documents over a limit, and the errors that they get."""

from tests.support.api_client import GraphQLResult
from tests.support.graphql_responses import error_result

MESSAGES = {
    "aliases": "Query exceeds the limit of 15 aliases and repeated fields (found {}).",
    "directives": "Query exceeds the limit of 20 directives (found {}).",
    "spreads": "Query exceeds the limit of 100 fragment spreads (found {}).",
    "levels": "Query exceeds the limit of 10 levels of fields (found {}).",
    "introspection": "Query exceeds the limit of 15 levels of introspection (found {}).",
    "attempts": (
        "Query exceeds the limit of 1 attempts with a password or an email address (found {})."
    ),
    "cost": "Query exceeds the limit of 5000 cost points (found {}).",
}


def limit_error(limit: str, found: int) -> GraphQLResult:
    """Return the result of a document that exceeds one limit, by a name in MESSAGES."""
    return error_result("QUERY_TOO_COMPLEX", MESSAGES[limit].format(found))


def aliased_clinics(count: int) -> str:
    """Return a document with ``count`` aliases."""
    return "{" + " ".join(f"c{n}: clinic {{ today }}" for n in range(count)) + "}"
