"""Names: their stored form, and which of them can be read."""

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.scale import HYPOTHESIS
from users.text import clean_name, is_visible, to_nfc, validate_name

LETTERS = st.characters(
    categories=["Lu", "Ll", "Lo"], exclude_characters="\u115f\u1160\u3164\uffa0"
)
UNSEEN = st.characters(categories=["Cc", "Cf", "Co", "Cs", "Zl", "Zp"]) | st.sampled_from(
    "\u034f\u115f\u1160\u17b4\u180b\u2800\u3164\ufe0f\uffa0\U000e0101"
)


def is_valid(name: str) -> bool:
    try:
        validate_name(clean_name(name))
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    "name",
    [
        "Ann",
        "Anna-Lena",
        "O'Brien",
        "O\u2019Brien",
        "Jean  Luc",
        "José",
        "Nguyễn",
        "李",
        "נֹעַם",
        "\u0646\u06cc\u200c\u062c\u0627\u0646",
        "क्\u200dष",
        "Dr. med. (Univ.) Müller",
        "Louis XVI, 3rd",
        "\u101c\u103b\u103e\u1031\u102c\u1037",  # Burmese, with marks that have a width
        "q" + "\u0301" * 4,
    ],
)
def test_validate_name_accepts_names_of_all_scripts(name: str) -> None:
    assert is_valid(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "123",
        "\N{GRINNING FACE}",
        "\u200b",
        "\u3164",
        "\u2800",
        "\u00ad",
        "Ann\u202e",
        "Ann\u200c",
        "\u200dAnn",
        "1\u200d2",
        "An\x00n",
        "An\nn",
        "An\u2028n",
        "A\ufe0fnn",
        "\u0301Ann",
        "A" + "\u0336" * 5 + "nn",
        "A\ue000",
        "Ann\u200da",
        "A\u200cnn",
        "a" + "\u0301" * 5,
        "q" + "\u0301" * 5,
        "A\U0001d159nn",
        "A\U000e0041",
    ],
)
def test_validate_name_rejects_what_cannot_be_read(name: str) -> None:
    assert not is_valid(name)


@settings(HYPOTHESIS)
@given(st.text(LETTERS, min_size=1, max_size=8), UNSEEN, st.text(LETTERS, min_size=1, max_size=8))
def test_validate_name_rejects_unseen_characters_anywhere(
    before: str, unseen: str, after: str
) -> None:
    # Joiners are valid in some contexts; examples are above.
    assert unseen in "\u200c\u200d" or not is_valid(before + unseen + after)
    assert unseen.isspace() or not is_valid(f"{before}1{unseen}")


@settings(HYPOTHESIS)
@given(st.text())
def test_clean_name_is_idempotent_composed_and_trimmed(text: str) -> None:
    name = clean_name(text)
    assert (clean_name(name), unicodedata.is_normalized("NFC", name)) == (name, True)
    assert name == name.strip()
    assert "  " not in name


@settings(HYPOTHESIS)
@given(st.text())
def test_to_nfc_is_the_same_for_composed_and_decomposed_text(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert to_nfc(decomposed) == to_nfc(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize("text", ["", " ", "\u00a0\u2003", "\u200b\u200b", "\u3164", "\t\n"])
def test_is_visible_is_false_for_blanks(text: str) -> None:
    assert not is_visible(text)


@pytest.mark.parametrize("text", [" a", "1", "\N{GRINNING FACE}"])
def test_is_visible_is_true_for_other_characters(text: str) -> None:
    assert is_visible(text)
