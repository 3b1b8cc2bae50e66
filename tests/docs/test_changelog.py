"""The entries of the changelog are whole sentences, and each is there once."""

import re
from collections import Counter

from tests.docs.pages import read

UNRELEASED = read("CHANGELOG.md").partition("\n## [Unreleased]\n")[2].partition("\n## [")[0]
ENTRIES = [" ".join(entry.split()) for entry in re.split(r"^- ", UNRELEASED, flags=re.MULTILINE)]
# Two entries that begin with as many equal words are versions of one entry.
FIRST_WORDS = 5


def test_changelog_entries_end_with_a_full_stop() -> None:
    # The title of the next section follows the last entry of a section.
    texts = [entry.partition(" ### ")[0] for entry in ENTRIES[1:]]
    assert len(texts) > 20
    assert [text for text in texts if not text.endswith(".")] == []


def test_changelog_has_each_entry_once() -> None:
    starts = Counter(" ".join(entry.split()[:FIRST_WORDS]) for entry in ENTRIES)
    assert [start for start, count in starts.items() if count > 1] == []
