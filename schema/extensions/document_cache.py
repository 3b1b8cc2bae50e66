"""Parse documents once and cache the result.

Clients send the same few documents again and again. Parsing and validating a document
takes longer than executing it in most cases.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    Node,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    parse,
)

from schema.core.plan_cache import PlanCache
from schema.extensions.query_cost import KnownCosts
from users.text import is_storable

MAX_TOKENS = 2_000
# Together these two limit the memory that unauthenticated clients can fill to about 60 MB.
CACHE_SIZE = 128
MAX_CACHED_LENGTH = 4_000


@dataclass
class DocumentStats:
    """Counts over the text of a document. A fragment is counted once, not per spread.

    ``conditions``: the variables of ``@skip`` and ``@include``.
    """

    aliases: int = 0
    directives: int = 0
    spreads: int = 0
    longest_list: int = 0
    storable: bool = True
    conditions: set[str] = field(default_factory=set)


@dataclass
class ParsedDocument:
    """A parsed document.

    ``valid`` is set when the document has passed validation. ``costs`` holds the costs by
    operation name. ``plans`` holds the plans of its operations.
    """

    node: DocumentNode
    stats: DocumentStats
    valid: bool = False
    costs: dict[str | None, KnownCosts] = field(default_factory=dict)
    plans: PlanCache[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.plans = PlanCache(sorted(self.stats.conditions))


def has_string_literals(text: str) -> bool:
    """Return whether a document can contain a password or other data of a person.

    Such a document is kept in no cache. True for every document with a quotation mark, also in a
    comment: clients that send values as variables have none.
    """
    return '"' in text


def parse_cached(schema: GraphQLSchema, text: str) -> ParsedDocument:
    """Return the parsed document, from the cache if possible. Raises GraphQLSyntaxError.

    Long documents, and documents that can contain a string literal, are not cached.
    """
    if len(text) > MAX_CACHED_LENGTH or has_string_literals(text):
        return _parse(text)
    return _parse_and_cache(schema, text)


@lru_cache(maxsize=CACHE_SIZE)
def _parse_and_cache(schema: GraphQLSchema, text: str) -> ParsedDocument:  # noqa: ARG001 - part of the cache key
    return _parse(text)


def _parse(text: str) -> ParsedDocument:
    node = parse(text, max_tokens=MAX_TOKENS)
    return ParsedDocument(node, collect_stats(node))


def collect_stats(document: DocumentNode) -> DocumentStats:
    """Count the parts of a document that make validation or resolvers slow.

    A field repeated in the same selection counts as an alias, because the validation rule
    for overlapping fields compares all fields of one name in pairs.
    """
    stats = DocumentStats()
    for node in _nodes(document):
        match node:
            case FieldNode():
                stats.aliases += node.alias is not None
            case DirectiveNode():
                stats.directives += 1
                stats.conditions |= _condition(node)
            case FragmentSpreadNode():
                stats.spreads += 1
            case ListValueNode():
                stats.longest_list = max(stats.longest_list, len(node.values))
            case StringValueNode():
                stats.storable &= is_storable(node.value)
            case SelectionSetNode():
                stats.aliases += _repeats(node)
    return stats


def _condition(directive: DirectiveNode) -> set[str]:
    if directive.name.value not in {"skip", "include"}:
        return set()
    values = [argument.value for argument in directive.arguments]
    return {value.name.value for value in values if isinstance(value, VariableNode)}


def longest_list(value: object) -> int:
    """Return the length of the longest list anywhere in a JSON value."""
    longest, pending = 0, [value]
    while pending:
        match pending.pop():
            case list() as items:
                longest = max(longest, len(items))
                pending.extend(items)
            case dict() as members:
                pending.extend(members.values())
    return longest


def _nodes(document: DocumentNode) -> Iterator[Node]:
    pending: list[Node] = [document]
    while pending:
        node = pending.pop()
        yield node
        for key in node.keys[1:]:  # the first is the location in the text
            below = getattr(node, key, None)
            if isinstance(below, Node):
                pending.append(below)
            elif below and isinstance(below, tuple):
                pending.extend(below)


def _repeats(selection_set: SelectionSetNode) -> int:
    names = Counter(_names(selection_set))
    return len(list(names.elements())) - len(names)


def _names(selection_set: SelectionSetNode) -> Iterator[tuple[str, str]]:
    pending = [("", selection_set)]
    while pending:
        type_name, selections = pending.pop()
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield type_name, (node.alias or node.name).value
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inside = condition.name.value if condition else type_name
                pending.append((inside, node.selection_set))
