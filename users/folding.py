"""Forms of text by which it is compared, searched and sorted, alike on every database.

Databases differ in which letters they take for equal, so the forms are computed here, stored
(``users/folded_fields.py``) and compared by code point. What is searched for is folded by the
same functions.

- ``equality_key``: ignores case, spacing, and how an accent, a hyphen or an apostrophe is encoded.
- ``search_key``: also ignores accents, spaces, hyphens, apostrophes and other separators.

The rules are those of Unicode: caseless matching (The Unicode Standard, section 3.13) and
normalization (UAX #15).
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from users.text import INVISIBLE

# Typed and typographic apostrophes and primes, accents typed as apostrophes, and letters that look
# like an apostrophe, such as the okina.
APOSTROPHES = (
    "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u055a\u05f3"
    "\u1fbd\u1fbf\u1fef\u1ffd\u1ffe\u2018\u2019\u201b\u2032\u2035\ua78c\uff07\uff40"
)
# Dashes that Unicode does not count as such: modifier minus, hyphen bullet, minus, box line.
DASHES = "\u02d7\u2043\u2212\u2500"
TYPOGRAPHY = dict.fromkeys(map(ord, APOSTROPHES), "'") | dict.fromkeys(map(ord, DASHES), "-")
# The lower case of I is the dotless i in Turkish and i everywhere else. The lower case of the
# Turkish capital I with a dot is i with a combining dot.
TURKISH_I = re.compile("\u0131|i\u0307")
# Letters that Unicode does not decompose into letters and accents.
LETTERS = str.maketrans("øłđðħŧŋɨƀǥƶƙɓ", "olddhtnibgzkb") | str.maketrans(
    {"æ": "ae", "œ": "oe", "þ": "th"}
)
# Combining classes of marks that are part of a letter, such as the voicing mark of Japanese and
# vowels of Indian and Thai scripts. The marks of all other classes are accents.
SPELLING_MARKS = {0, 7, 8, 9, 84, 91, 103, 107, 118, 122, 129, 130, 132}
# Control and format characters, such as the soft hyphen and direction marks, and lone surrogates.
INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs"}
# Dashes, brackets and quotation marks. Other punctuation, such as & and %, is searched for.
SEPARATOR_CATEGORIES = {"Pd", "Ps", "Pe", "Pi", "Pf"}
# Space, and the commas, periods and middle dots of several scripts.
SEPARATORS = set(' ,.;:/"\u00b7\u060c\u2022\u2027\u2e31\u3001\u3002\u30fb')
# Longer than every text that is searched. The time of a normalization grows with the square of
# the number of accents in a row: 40 thousand take 14 seconds.
MAX_FOLDED_LENGTH = 1000
# Left out around a word as it was typed, as in "Ada <ada@example.org>,".
ENCLOSING = ',;<>()"'

# Titles, folded. Those of SUBJECTS are titles only after one of DEGREES; elsewhere they
# are ordinary words.
DEGREES = {"dr", "dipl"}
SUBJECTS = {
    *{"med", "dent", "vet", "phil", "rer", "nat", "pol", "jur", "iur", "ing", "psych", "pharm"},
    *{"biol", "hum", "sc", "theol", "oec", "habil", "hc", "h", "c", "mult", "univ", "et"},
}
TITLES = {*DEGREES, "prof", "pd", "priv", "doz", "univ", "doctor", "doktor", "professor"}


class SearchTerm(NamedTuple):
    """A word as it was typed, without punctuation around it, and its parts.

    The parts are in the form in which they occur in a ``search_key``.
    """

    typed: str
    words: tuple[str, ...]


def equality_key(text: str) -> str:
    """Return a form that is equal for texts whose differences do not matter.

    These are case, composed or decomposed accents, ligatures, spacing, invisible characters, and
    which dash or apostrophe was typed.
    """
    folded = _fold_case(text)
    dashes = ("-" if unicodedata.category(char) == "Pd" else char for char in folded)
    return " ".join(unicodedata.normalize("NFKC", "".join(dashes)).split())


def search_key(text: str) -> str:
    """Return the form in which words are searched and by which rows are sorted.

    Sorts letter by letter: spaces and hyphens do not count.
    """
    return "".join(_words(text))


def search_terms(text: str) -> list[SearchTerm]:
    """Return the words to search for, without titles such as "Prof. Dr. med.".

    If there are only titles, they are searched for like other words, such as "dr"; those that
    are written with a period are still left out.
    """
    terms = [SearchTerm(typed.strip(ENCLOSING), tuple(_parts(typed))) for typed in text.split()]
    return [*_without_titles(terms)] or [
        term for term in terms if term.words and "." not in term.typed
    ]


def _parts(typed: str) -> list[str]:
    # An email address is not a name: it would be taken apart, and "dr" in it for a title.
    return [search_key(typed)] if "@" in typed else _words(typed)


def _without_titles(terms: list[SearchTerm]) -> Iterator[SearchTerm]:
    after_degree = False
    for term in terms:
        words = []
        for word in term.words:
            after_degree = word in DEGREES or (after_degree and word in SUBJECTS)
            if not after_degree and word not in TITLES:
                words.append(word)
        if words:
            yield SearchTerm(term.typed, tuple(words))


def _words(text: str) -> list[str]:
    """Split ``text`` at separators and fold the words. Apostrophes do not separate."""
    folded = "".join(
        char
        for char in _fold_case(text)
        if char != "'" and unicodedata.combining(char) in SPELLING_MARKS
    ).translate(LETTERS)
    return unicodedata.normalize("NFKC", "".join(map(_or_space, folded))).split()


def _or_space(char: str) -> str:
    is_separator = char in SEPARATORS or unicodedata.category(char) in SEPARATOR_CATEGORIES
    return " " if is_separator else char


def _fold_case(text: str) -> str:
    """Return ``text`` decomposed (NFKD) and without case and invisible characters."""
    text = text[:MAX_FOLDED_LENGTH]
    # The apostrophes first: NFKD makes some of them a space and an accent.
    visible = "".join(
        " " if char.isspace() else char
        for char in text.translate(TYPOGRAPHY)
        if char.isspace() or unicodedata.category(char) not in INVISIBLE_CATEGORIES
    )
    visible = INVISIBLE.sub("", visible)
    folded = unicodedata.normalize("NFKD", visible).casefold()
    folded = unicodedata.normalize("NFKD", folded).translate(TYPOGRAPHY)
    return TURKISH_I.sub("i", folded)
