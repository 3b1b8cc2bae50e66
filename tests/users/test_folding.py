"""The folded forms of text: what they ignore, and what they keep apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.scale import HYPOTHESIS
from tests.support.spellings import NAMES, searches, spellings
from users.folding import equality_key, search_key, search_terms


def words_of(text: str) -> list[str]:
    return [word for term in search_terms(text) for word in term.words]


@HYPOTHESIS
@given(st.data())
def test_equality_key_is_the_same_for_all_spellings(data: st.DataObject) -> None:
    name = data.draw(NAMES)
    assert equality_key(data.draw(spellings(name))) == equality_key(name)


@HYPOTHESIS
@given(st.data())
def test_search_text_of_every_spelling_occur_in_search_key(data: st.DataObject) -> None:
    name = data.draw(NAMES)
    words = words_of(data.draw(searches(name)))
    assert words
    assert [word for word in words if word not in search_key(name)] == []


@HYPOTHESIS
@given(st.text())
def test_keys_of_keys_are_the_same(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text)
    assert equality_key(equality_key(text)) == equality_key(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("MÜLLER", "muller"),
        ("Mu\u0308ller", "muller"),
        ("O\u2019Brien", "obrien"),
        ("O\u00b4Brien", "obrien"),
        ("O Brien", "obrien"),
        ("Anne\u2011Marie", "annemarie"),
        ("Straße", "strasse"),
        ("STRAẞE", "strasse"),
        ("IŞIK", "isik"),
        ("\u0131ş\u0131k", "isik"),
        ("İstanbul", "istanbul"),
        ("\ufb01nn", "finn"),
        ("Œuvre", "oeuvre"),
        ("Ærø", "aero"),
        ("Łukasz Đặng", "lukaszdang"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("Андре́й", "андреи"),
        ("أحمد", "احمد"),
        ("がか", "がか"),
        ("हिन्दी", "हिन्दी"),
        ("\uff2d\uff41\uff58", "max"),
        ("Ma\u00adx\u200b\ufe0f\u3164", "max"),
        ("100 %_\\", "100%_\\"),
    ],
)
def test_search_key_of_name(text: str, key: str) -> None:
    assert search_key(text) == key


@pytest.mark.parametrize(
    ("one", "another", "are_equal"),
    [
        ("Cardiology", "CARDIOLOGY", True),
        ("Pädiatrie", "PA\u0308DIATRIE", True),
        ("Hals-Nasen", "hals\u2011nasen", True),
        (" General \u00a0practice ", "general practice", True),
        ("Diş", "DİŞ", True),
        ("Kad\u0131n", "KADIN", True),
        ("Pädiatrie", "Padiatrie", False),
        ("Hals-Nasen", "Hals Nasen", False),
        ("General practice", "Generalpractice", False),
        ("か", "が", False),
    ],
)
def test_equality_key_ignores_spelling_and_keeps_accents(
    one: str,
    another: str,
    are_equal: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert (equality_key(one) == equality_key(another)) is are_equal


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ("Dr. Müller", ["muller"]),
        ("dr müller", ["muller"]),
        ("Dr.Müller", ["muller"]),
        ("Prof. Dr. med. dent. Müller-Lüdenscheidt, Anna", ["muller", "ludenscheidt", "anna"]),
        ("Univ.-Prof. Dr. h. c. Ada", ["ada"]),
        ("Priv.-Doz. Dr. Ada", ["ada"]),
        ("Ada, Dipl.-Psych.", ["ada"]),
        ("Dr. med. Medina", ["medina"]),
        ("med", ["med"]),
        ("Medina med", ["medina", "med"]),
        ("Dr.", []),
        ("Prof. Dr.", []),
        ("dr", ["dr"]),
        ("Doctor", ["doctor"]),
        ("Doctor Zubin", ["zubin"]),
        ("Drexler", ["drexler"]),
        (" ,.- ' ", []),
        ("%", ["%"]),
    ],
)
def test_search_terms_leave_out_titles(search: str, words: list[str]) -> None:
    assert words_of(search) == words


def test_search_terms_keep_email_addresses_as_typed() -> None:
    assert [term.typed for term in search_terms("Dr. Ada <dr.med@example.org>,")] == [
        "Ada",
        "dr.med@example.org",
    ]
