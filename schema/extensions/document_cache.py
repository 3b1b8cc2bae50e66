"""Documents as they are written: read, counted, and remembered.

A client sends the same few texts over and over. Reading one and holding it to the
standard rules takes longer than running most.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

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
    parse,
)

from schema.extensions.query_cost import OperationCost
from users.text import is_storable

MAX_TOKENS = 2_000
# Together they bound what strangers can make us remember to some 60 MB.
CACHE_SIZE = 128
MAX_CACHED_LENGTH = 4_000


@dataclass
class DocumentStats:
    """What stands in a document, counted once where it stands."""

    aliases: int = 0
    directives: int = 0
    spreads: int = 0
    longest_list: int = 0
    storable: bool = True


@dataclass
class ParsedDocument:
    """A text that could be read; ``valid`` once a schema's rules let it pass.

    ``weights`` holds those of its operations that weigh the same whatever the variables.
    """

    node: DocumentNode
    written: DocumentStats
    valid: bool = False
    weights: dict[str | None, OperationCost] = field(default_factory=dict)


def parse_cached(schema: GraphQLSchema, text: str) -> ParsedDocument:
    """The document of a text, for this schema. Raises GraphQLSyntaxError."""
    if len(text) > MAX_CACHED_LENGTH:
        return _parse(text)
    return _parse_and_cache(schema, text)


@lru_cache(maxsize=CACHE_SIZE)
def _parse_and_cache(schema: GraphQLSchema, text: str) -> ParsedDocument:  # noqa: ARG001 - a key of the cache
    return _parse(text)


def _parse(text: str) -> ParsedDocument:
    node = parse(text, max_tokens=MAX_TOKENS)
    return ParsedDocument(node, collect_stats(node))


def collect_stats(document: DocumentNode) -> DocumentStats:
    """Count what the standard rules, or a resolver, would take too long over.

    A field written again in the same selection counts as an alias: the rule that
    compares equal names takes each with each.
    """
    written = DocumentStats()
    for node in _nodes(document):
        match node:
            case FieldNode():
                written.aliases += node.alias is not None
            case DirectiveNode():
                written.directives += 1
            case FragmentSpreadNode():
                written.spreads += 1
            case ListValueNode():
                written.longest_list = max(written.longest_list, len(node.values))
            case StringValueNode():
                written.storable &= is_storable(node.value)
            case SelectionSetNode():
                written.aliases += _repeats(node)
    return written


def longest_list(value: object) -> int:
    """The length of the longest list anywhere in a JSON value."""
    longest, waiting = 0, [value]
    while waiting:
        match waiting.pop():
            case list() as items:
                longest = max(longest, len(items))
                waiting.extend(items)
            case dict() as members:
                waiting.extend(members.values())
    return longest


def _nodes(document: DocumentNode) -> Iterator[Node]:
    waiting: list[Node] = [document]
    while waiting:
        node = waiting.pop()
        yield node
        for key in node.keys[1:]:  # the first is the place in the text
            below = getattr(node, key, None)
            if isinstance(below, Node):
                waiting.append(below)
            elif below and isinstance(below, tuple):
                waiting.extend(below)


def _repeats(selection_set: SelectionSetNode) -> int:
    names = Counter(_names(selection_set))
    return len(list(names.elements())) - len(names)


def _names(selection_set: SelectionSetNode) -> Iterator[tuple[str, str]]:
    waiting = [("", selection_set)]
    while waiting:
        type_name, selections = waiting.pop()
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield type_name, (node.alias or node.name).value
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inside = condition.name.value if condition else type_name
                waiting.append((inside, node.selection_set))
