"""Check texts for characters that databases or logs cannot store."""

import re

UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether ``text`` has neither NUL (rejected by PostgreSQL) nor lone surrogates (not UTF-8)."""
    return UNSTORABLE.search(text) is None
