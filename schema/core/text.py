"""Text that every database and every log can hold."""

import re

UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether ``text`` is free of NUL (PostgreSQL refuses it) and of lone surrogates (no UTF-8)."""
    return UNSTORABLE.search(text) is None
