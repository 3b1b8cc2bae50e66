"""Find what mail programs show as a link in plain text."""

import re
import unicodedata

import idna
from linkify_it.tlds import TLDS

# Full stops of other scripts, which browsers read as the dots of a domain (UTS 46).
FULL_STOPS = re.compile("[\u3002\uff0e\uff61\u2024]")
# Always part of an address, also with a scheme or a domain that is not in the list below.
ADDRESS = re.compile(r"@|://|\bwww\.", re.IGNORECASE)
# What follows a full stop without a blank: the top-level domain of ``example.org``.
AFTER_FULL_STOP = re.compile(r"(?<=\w\.)[\w-]+")
TOP_LEVEL_DOMAINS = frozenset(map(str.lower, TLDS))
# Those of other scripts in Unicode, too.
TOP_LEVEL_DOMAINS |= {idna.decode(tld) for tld in TOP_LEVEL_DOMAINS if tld.startswith("xn--")}


def contains_link(text: str) -> bool:
    """Return whether mail programs would make a link of a part of ``text``.

    Domains without a scheme count, such as ``example.org``: most programs link them, too.
    """
    compatible = FULL_STOPS.sub(".", unicodedata.normalize("NFKC", text)).casefold()
    return bool(ADDRESS.search(compatible)) or not TOP_LEVEL_DOMAINS.isdisjoint(
        AFTER_FULL_STOP.findall(compatible)
    )
