"""Global ids and cursors as clients hold them."""

import base64
import json

from django.db.models import Model


def node_id(type_: str, key: object) -> str:
    """The id of a node of a type, whether or not there is one."""
    return base64.b64encode(f"{type_}:{key}".encode()).decode()


def id_of(row: Model, type_: str | None = None) -> str:
    """The id of a row; its type has the model's name unless ``type_`` says another."""
    return node_id(type_ or type(row).__name__, row.pk)


def cursor_of(*values: object) -> str:
    """The cursor of a row whose columns of order have these values, the key last."""
    texts = json.dumps([str(value) for value in values], separators=(",", ":"))
    return node_id("orderedcursor", texts)
