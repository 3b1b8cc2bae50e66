"""What schemathesis holds each answer to. Loaded by it, in its own environment."""

import os
import re
from typing import Any

import schemathesis
from hypothesis import strategies
from schemathesis.graphql import nodes

# What only our own side says.
OURS = ("INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "Traceback", "SELECT ", "site-packages")

# A file cannot stand in a document; something else in its place must do no harm.
schemathesis.graphql.scalar("Upload", strategies.just("a.png").map(nodes.String))


# Ids that there are, one of each type, for a made-up one leads nowhere.
IDS = os.environ["IDS"].split()
ID = re.compile(r'\b((?:id|doctorId|patientId|moving): )"(?:[^"\\]|\\.)*"')
CURSOR = re.compile(r'\b((?:after|before): )"(?:[^"\\]|\\.)*"')

BOUND = re.compile(r"\b((?:first|last): )(-?\d+)")


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:
    """Put ids that there are into two documents of three, and ask for pages that there are."""
    if len(case.body) % 3:
        body = BOUND.sub(lambda found: f"{found[1]}{len(found[2]) * 10}", case.body)
        body = CURSOR.sub(r"\1null", body)
        case.body = ID.sub(lambda found: f'{found[1]}"{IDS[len(found[0]) % len(IDS)]}"', body)


@schemathesis.check
def tells_nothing(ctx: Any, response: Any, case: Any) -> None:
    """No failure of ours, and no word of a record that is none of the caller's."""
    assert response.status_code < 500, f"the status is {response.status_code}"
    for word in filter(None, (*OURS, os.environ["CANARY"])):
        assert word not in response.text, f"the answer has {word!r}"
