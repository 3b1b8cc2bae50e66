"""Check for text that the databases cannot store."""

import re

UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Return whether ``text`` can be stored.

    PostgreSQL rejects NUL characters, and lone surrogates cannot be encoded as UTF-8.
    """
    return UNSTORABLE.search(text) is None
