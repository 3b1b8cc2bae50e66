"""Hooks and checks that schemathesis loads, in its own virtual environment."""

import os
import re
from typing import Any

import schemathesis
from hypothesis import strategies
from schemathesis.graphql import nodes

# Text of internal errors.
INTERNAL = ("INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "Traceback", "SELECT ", "site-packages")

# A document cannot contain a file, so a string takes its place.
schemathesis.graphql.scalar("Upload", strategies.just("a.png").map(nodes.String))

# Existing IDs, one of each type, because with generated IDs most resolvers return null.
IDS = os.environ["IDS"].split()
ID = re.compile(r'\b((?:id|doctorId|patientId|moving): )"(?:[^"\\]|\\.)*"')
CURSOR = re.compile(r'\b((?:after|before): )"(?:[^"\\]|\\.)*"')
BOUND = re.compile(r"\b((?:first|last): )(-?\d+)")


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:
    """Put existing IDs into two of three documents, and request existing pages."""
    if len(case.body) % 3:
        body = BOUND.sub(lambda found: f"{found[1]}{len(found[2]) * 10}", case.body)
        body = CURSOR.sub(r"\1null", body)
        case.body = ID.sub(lambda found: f'{found[1]}"{IDS[len(found[0]) % len(IDS)]}"', body)


@schemathesis.check
def reveals_nothing(ctx: Any, response: Any, case: Any) -> None:
    """Assert that there is no internal error and no text that the caller must not see."""
    assert response.status_code < 500, f"the status is {response.status_code}"
    for text in filter(None, (*INTERNAL, os.environ["FORBIDDEN"])):
        assert text not in response.text, f"the response contains {text!r}"
