"""Global IDs and cursors as clients receive them."""

import base64
import json

from django.db.models import Model


def node_id(type_: str, key: object) -> str:
    """Return the global ID for a type and a key. The row does not have to exist."""
    return base64.b64encode(f"{type_}:{key}".encode()).decode()


def id_of(row: Model, type_: str | None = None) -> str:
    """Return the global ID of a row. ``type_``: its GraphQL type, by default the model's name."""
    return node_id(type_ or type(row).__name__, row.pk)


def cursor_of(*values: object) -> str:
    """Return the cursor of a row with these values in the sort columns, the key last."""
    texts = json.dumps([str(value) for value in values], separators=(",", ":"))
    return node_id("orderedcursor", texts)
