"""Documents that are expensive to validate are rejected in linear time."""

import sys
import time
from collections.abc import Callable
from types import FrameType

import pytest
import strawberry
from strawberry.extensions import QueryDepthLimiter

from tests.schema.extensions.limit_errors import aliased_clinics
from tests.support.api_client import Api


def fragments_document(steps: int) -> str:
    fragments = " ".join(
        f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(steps)
    )
    return f"{{ ...F0 }} {fragments} fragment F{steps} on Query {{ clinic {{ today }} }}"


def directives_document(number: int) -> str:
    return "{ clinic { today " + "@include(if: true) " * number + "} }"


def circular_document(number: int) -> str:
    return "{ ...F0 }" + " ".join(
        f"fragment F{n} on Query {{ ...F{(n + 1) % number} }}" for n in range(number)
    )


HOSTILE_DOCUMENTS = {
    "fragments": fragments_document(45),
    "more fragments than allowed": fragments_document(180),
    "aliases": aliased_clinics(300),
    "repeated fields": "{ clinic { " + "today " * 1_900 + "} }",
    "repeated objects": "{" + "clinic { today } " * 450 + "}",
    "directives": directives_document(280),
    "unknown directives": "{ clinic { today " + "@x " * 900 + "} }",
    "unknown fields": "{ clinic { " + " ".join(f"x{n}" for n in range(1_900)) + " } }",
    "spreads": "{" + "...F " * 900 + "} fragment F on Query { clinic { today } }",
    "many fragments": "{"
    + " ".join(f"...F{n}" for n in range(95))
    + "}"
    + " ".join(f"fragment F{n} on Query {{ clinic {{ nothing }} }}" for n in range(95)),
    "circle": circular_document(90),
    "depth": "{ clinic " * 5_000 + "{ today }" + "}" * 5_000,
    "brackets": "{ node(id: " + "[" * 5_000 + "]" * 5_000 + ") { id } }",
    "variables": "query (" + " ".join(f"$v{n}: Int" for n in range(480)) + ") { clinic { today } }",
    "text": '{ node(id: "' + "x" * 900_000 + '") { id } }',
    "comments": "#\n" * 400_000 + "{ clinic { today } }",
}


def count_calls(run: Callable[[str], object], document: str) -> int:
    """Return the number of function calls, which does not depend on the speed of the machine."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        run(document)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("document", HOSTILE_DOCUMENTS.values(), ids=HOSTILE_DOCUMENTS)
def test_hostile_document_is_rejected_within_a_second(api: Api, document: str) -> None:
    """Counted in function calls; a slow processor makes three million per second."""
    assert "errors" in api(document)
    started = time.thread_time()
    assert count_calls(api, document) < 1_500_000
    # Code in C makes no calls that can be counted.
    assert time.thread_time() - started < 30


@pytest.mark.parametrize(
    "build", [fragments_document, aliased_clinics, directives_document, circular_document]
)
def test_hostile_document_takes_linear_time(api: Api, build: Callable[[int], str]) -> None:
    api(build(10))
    once, twice = (count_calls(api, build(size)) for size in (40, 80))
    assert twice < 2.5 * once


def test_depth_limiter_of_strawberry_takes_exponential_time() -> None:
    """Negative control: the documents are hostile to an extension that does not cache fragments."""

    @strawberry.type
    class Clinic:
        today: str = ""

    @strawberry.type
    class Query:
        @strawberry.field
        def clinic(self) -> Clinic:
            return Clinic()

    with_limiter = strawberry.Schema(Query, extensions=[lambda: QueryDepthLimiter(max_depth=10)])
    small, large = (
        count_calls(with_limiter.execute_sync, fragments_document(steps)) for steps in (6, 14)
    )
    assert large > 20 * small
