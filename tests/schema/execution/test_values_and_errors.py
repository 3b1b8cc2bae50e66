"""Values of every kind give the response of graphql-core: data, errors, paths and their order."""

# Resolvers return values that contradict the types: that is what is tested.
# mypy: disable-error-code="arg-type, list-item"

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.schema.execution.sample import Color, Other, Query, Raised, Stranger, Thing, schema
from tests.support.both_executions import execute_both

BROKEN, WRONG = ValueError("broken"), KeyError("wrong")
NO_LIST = "GraphQLError(\"Expected Iterable, but did not find one for field 'Thing.{}'.\")"
WRONG_TYPE = (
    "GraphQLError(\"Expected value of type 'Thing' but got: {}.\", "
    "locations=[SourceLocation(line=1, column={})])"
)
NO_MEMBER = (
    "UnallowedReturnTypeForUnion('The type \"<class "
    '\\\'tests.schema.execution.sample.Stranger\\\'>" of the field "union" is not in '
    "the list of the types of the union: \"[\\'Other\\', \\'Thing\\']\"')"
)
NULL = "TypeError('Cannot return null for non-nullable field Thing.{}.')"


class Case(NamedTuple):
    """``errors``: the path of each error, and the exception behind it."""

    document: str
    thing: Callable[[], Any]
    data: Any
    errors: list[tuple[list[str | int], str]]


CASES = {
    "null in a non-null leaf": Case(
        "{ thing { word name } }",
        lambda: Thing(name=None),
        {"thing": None},
        [(["thing", "name"], NULL.format("name"))],
    ),
    "null in a non-null object": Case(
        "{ thing { name child { required { name } } } }",
        lambda: Thing(child=Thing()),
        {"thing": {"name": "name", "child": None}},
        [(["thing", "child", "required"], NULL.format("required"))],
    ),
    "null that ends the response": Case(
        "{ thing { name } strict { required { name } } }",
        Thing,
        None,
        [(["strict", "required"], NULL.format("required"))],
    ),
    "exception as the value of a leaf": Case(
        "{ thing { number: name word } }",
        lambda: Thing(word=BROKEN),
        {"thing": {"number": "name", "word": None}},
        [(["thing", "word"], "ValueError('broken')")],
    ),
    "exception as the value of an object and of an item": Case(
        "{ thing { child { name } loose { name } looseWords } }",
        lambda: Thing(child=BROKEN, loose=[Thing(), BROKEN], loose_words=["a", WRONG]),
        {"thing": {"child": None, "loose": [{"name": "name"}, None], "looseWords": ["a", None]}},
        [
            (["thing", "child"], "ValueError('broken')"),
            (["thing", "loose", 1], "ValueError('broken')"),
            (["thing", "looseWords", 1], "KeyError('wrong')"),
        ],
    ),
    "leaf error after the error of a sibling": Case(
        "{ thing { name child { name } number } }",
        lambda: Thing(child=BROKEN, number="many"),
        {"thing": None},
        [
            (["thing", "child"], "ValueError('broken')"),
            (
                ["thing", "number"],
                "GraphQLError(\"Int cannot represent non-integer value: 'many'\")",
            ),
        ],
    ),
    "object that ends before the leaf error of a sibling": Case(
        "{ thing { required { name } number } }",
        lambda: Thing(required=BROKEN, number="many"),
        {"thing": None},
        [(["thing", "required"], "ValueError('broken')")],
    ),
    "several nulls in a list of nullable items": Case(
        "{ thing { loose { name child { name } } name } }",
        lambda: Thing(loose=[Thing(name=None), Thing(child=WRONG), None, Thing(name=None)]),
        {"thing": {"loose": [None, {"name": "name", "child": None}, None, None], "name": "name"}},
        [
            (["thing", "loose", 0, "name"], NULL.format("name")),
            (["thing", "loose", 3, "name"], NULL.format("name")),
            (["thing", "loose", 1, "child"], "KeyError('wrong')"),
        ],
    ),
    "null in a list of required items": Case(
        "{ thing { things { name child { name } } name } }",
        lambda: Thing(things=[Thing(child=WRONG), Thing(name=None), Thing(name=None)]),
        {"thing": {"things": None, "name": "name"}},
        [
            (["thing", "things", 1, "name"], NULL.format("name")),
            (["thing", "things", 0, "child"], "KeyError('wrong')"),
        ],
    ),
    "null in lists of lists": Case(
        "{ thing { rows words } }",
        lambda: Thing(rows=[[1], [2, None]], words=["a", None]),
        {"thing": {"rows": None, "words": None}},
        [
            (["thing", "rows", 1, 1], NULL.format("rows")),
            (["thing", "words", 1], NULL.format("words")),
        ],
    ),
    "values that are no lists": Case(
        "{ thing { words things { name } } }",
        lambda: Thing(words="text", things=5),
        {"thing": {"words": None, "things": None}},
        [
            (
                ["thing", name],
                NO_LIST.format(name),
            )
            for name in ("words", "things")
        ],
    ),
    "lists that are no lists of Python": Case(
        "{ thing { words looseWords rows } }",
        lambda: Thing(words=iter("ab"), loose_words=("a",), rows=(range(n) for n in (1, 2))),
        {"thing": {"words": ["a", "b"], "looseWords": ["a"], "rows": [[0], [0, 1]]}},
        [],
    ),
    "list that fails in the middle": Case(
        "{ thing { words name } }",
        lambda: Thing(words=(1 // (2 - number) for number in range(3))),
        {"thing": {"words": None, "name": "name"}},
        [(["thing", "words"], "ZeroDivisionError('integer division or modulo by zero')")],
    ),
    "values that are none of their enum": Case(
        "{ thing { color child { color } } }",
        lambda: Thing(color="green", child=Thing(color=Color.RED)),
        {"thing": {"color": None, "child": {"color": "RED"}}},
        [
            (
                ["thing", "color"],
                "GraphQLError(\"Enum 'Color' cannot represent value: 'green'\")",
            )
        ],
    ),
    "values of a wrong type": Case(
        "{ thing { child { name } loose { name } word } }",
        lambda: Thing(child=5, loose=[6, Thing()], word=7),
        {"thing": {"child": None, "loose": [None, {"name": "name"}], "word": "7"}},
        [
            (
                ["thing", "child"],
                WRONG_TYPE.format(5, 11),
            ),
            (
                ["thing", "loose", 0],
                WRONG_TYPE.format(6, 26),
            ),
        ],
    ),
    "methods": Case(
        "{ thing { method name strictMethod repeated } }",
        lambda: Thing(hidden="text"),
        {
            "thing": {
                "method": "text",
                "name": "name",
                "strictMethod": "text",
                "repeated": "namename",
            }
        },
        [],
    ),
    "methods that raise an exception": Case(
        "{ thing { method name repeated strictMethod } }",
        lambda: Thing(hidden=Raised(AttributeError("raised"))),
        {"thing": None},
        [
            (["thing", "method"], "AttributeError('raised')"),
            (["thing", "repeated"], "AttributeError('raised')"),
            (["thing", "strictMethod"], "AttributeError('raised')"),
        ],
    ),
    "objects of an interface": Case(
        "{ thing { named { __typename name ... on Other { number } ... on Thing { key: id } } } }",
        lambda: Thing(named=[Other(), Thing(), None, Stranger(), BROKEN]),
        {
            "thing": {
                "named": [
                    {"__typename": "Other", "name": "name", "number": 2},
                    {"__typename": "Thing", "name": "name", "key": "VGhpbmc6a2V5"},
                    None,
                    {"__typename": "Stranger", "name": "name"},
                    None,
                ]
            }
        },
        [(["thing", "named", 4], "ValueError('broken')")],
    ),
    "object that is no member of the union": Case(
        "{ thing { name union { ... on Thing { name } } } }",
        lambda: Thing(union=Stranger()),
        {"thing": {"name": "name", "union": None}},
        [
            (
                ["thing", "union"],
                NO_MEMBER,
            )
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_outcome_is_that_of_graphql_core(case: Case) -> None:
    outcome = execute_both(schema, case.document, root=lambda: Query(thing=case.thing()))
    assert (outcome.data, outcome.causes) == (case.data, case.errors)
