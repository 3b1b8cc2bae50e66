"""Names of people, and other spellings of them that a search must find."""

import unicodedata
from collections.abc import Callable

from hypothesis import strategies as st

from users import folding
from users.folding import search_key

LETTERS = (
    "abcdefghijklmnopqrstuvwxyzäöüßáàâãåæçéèêëíîïñóôõøœúûýþðčćđěłńőřšťůžğ\u0131şąęįőțșħŧŋﬁ"
    "αβγδέήίόύώςσабвгдеёжзийщъыьэюяіїўاأإبتהשלםがひशर한국"
)
HYPHENS = "-\u2010\u2011\u2012\u2013\u2212\ufe63"
APOSTROPHES = "'\u2019\u2018\u02bc\u00b4`\uff07"
TITLES = ["", "Dr. ", "dr ", "Prof. ", "Dr. med. ", "Prof. Dr. med. ", "PD Dr. ", "Dr.-Ing. "]
TITLES_AND_SUBJECTS = folding.TITLES | folding.SUBJECTS
INVISIBLE = "\u00ad\u200b\u200d\u200e\u2060"

WORDS = st.text(LETTERS, min_size=2, max_size=8).filter(
    # A search for "Dr. Hum" is one for somebody with the title "Dr. hum.".
    lambda word: word.strip() == word and search_key(word) not in TITLES_AND_SUBJECTS
)
NAMES = st.builds(
    lambda first, others: first + "".join(join + word for join, word in others),
    WORDS,
    st.lists(st.tuples(st.sampled_from(" -'"), WORDS), max_size=2),
).filter(lambda name: len(name) <= 40)

CASES: list[Callable[[str], str]] = [str, str.upper, str.lower, str.title, str.swapcase]
FORMS = ["NFC", "NFD", "NFKC", "NFKD"]


def without_accents(text: str) -> str:
    """Return ``text`` as someone types it whose keyboard has no accents above letters."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if unicodedata.combining(char) != 230)


@st.composite
def spellings(draw: st.DrawFn, text: str) -> str:
    """Return ``text`` in another case, encoding and typography; accents are the same."""
    in_case = draw(st.sampled_from(CASES))
    text = unicodedata.normalize(draw(st.sampled_from(FORMS)), in_case(text))
    text = text.replace("-", draw(st.sampled_from(HYPHENS)))
    text = text.replace("'", draw(st.sampled_from(APOSTROPHES)))
    text = text.replace(" ", draw(st.sampled_from([" ", "  ", "\u00a0", "\t", "\u2009"])))
    place = draw(st.integers(0, len(text)))
    return f"{text[:place]}{draw(st.sampled_from(['', *INVISIBLE]))}{text[place:]}"


@st.composite
def searches(draw: st.DrawFn, *names: str) -> str:
    """Return a search for all ``names``: each spelled otherwise, in any order, with a title."""
    words = [draw(spellings(name)) for name in draw(st.permutations(names))]
    if draw(st.booleans()):
        words = [without_accents(word) for word in words]
    return draw(st.sampled_from(TITLES)) + draw(st.sampled_from([" ", ", ", " , "])).join(words)
