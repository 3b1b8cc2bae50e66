"""Global IDs are accepted in one form only: base64 of the type's name and the decimal key."""

import base64
import string

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.support.api_client import Api
from tests.support.scale import HYPOTHESIS

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
DOCUMENT = "query ($id: ID!) { pk(id: $id) }"


def global_id(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("text", "pk"),
    [
        ("Account:7", "7"),
        (f"Account:{2**63 - 1}", str(2**63 - 1)),
        (f"Account:{2**63}", None),
        ("Account:" + "9" * 5000, None),
        ("Account:007", None),
        ("Account:+7", None),
        ("Account: 7", None),
        ("Account:7 ", None),
        ("Account:7_0", None),
        ("Account:-7", None),
        ("Account:-0", None),
        ("Account:7.0", None),
        ("Account:7e0", None),
        ("Account:0x7", None),
        ("Account:\N{ARABIC-INDIC DIGIT SEVEN}", None),
        ("Account:\N{FULLWIDTH DIGIT SEVEN}", None),
        ("Account:\N{SUPERSCRIPT TWO}", None),
        ("Account:", None),
        ("Account:7:7", None),
        ("account:7", None),
        ("Clinic:7", None),
        (":7", None),
    ],
)
def test_global_id_to_pk_returns_the_key_or_none(probe: Api, text: str, pk: str | None) -> None:
    assert probe(DOCUMENT, {"id": global_id(text)}) == {"data": {"pk": pk}}


def is_malformed(probe: Api, id_: str) -> bool:
    """Return whether the ID is reported as malformed, as a variable and in the document."""
    as_variable = probe(DOCUMENT, {"id": id_})
    literal = id_.replace("\\", "\\\\").replace('"', '\\"')
    literal = "".join(c if c >= " " else f"\\u{ord(c):04x}" for c in literal)
    for answer in (as_variable, probe(f'{{ pk(id: "{literal}") }}')):
        assert answer["data"] == as_variable["data"]
        if "errors" in answer:
            [error] = answer["errors"]
            assert (error["message"], error["path"]) == ("This id is malformed.", ["pk"])
            assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    return "errors" in as_variable


def other_spellings(text: str) -> st.SearchStrategy[str]:
    """Return texts that a lenient decoder of base64 reads as ``text``, or nearly so."""
    canonical = global_id(text)
    bare = canonical.rstrip("=")
    positions = st.integers(0, len(canonical))
    foreign = st.characters(exclude_characters=ALPHABET + "=\0", exclude_categories=["Cs"])
    inserted = st.builds(
        lambda at, letters: canonical[:at] + letters + canonical[at:],
        positions,
        st.text(foreign, min_size=1, max_size=3),
    )
    padded = st.integers(0, 5).map(lambda count: bare + "=" * count)
    # The last letter has unused bits if there is padding.
    other_bits = st.sampled_from(ALPHABET).map(
        lambda letter: bare[:-1] + letter + canonical[len(bare) :]
    )
    continued = st.text(ALPHABET, min_size=1, max_size=4).map(lambda more: f"{canonical}={more}")
    return st.one_of(inserted, padded, other_bits, continued)


@pytest.mark.parametrize("text", ["Account:7", "Account:77", "Account:777"])
def test_global_id_in_another_spelling_is_malformed(probe: Api, text: str) -> None:
    canonical = global_id(text)

    @given(id_=other_spellings(text))
    @settings(HYPOTHESIS, max_examples=60)
    @example(id_=f"{canonical}\n")
    @example(id_=f" {canonical}")
    @example(id_=f"{canonical}==")
    @example(id_=canonical.rstrip("=") + ".")
    def check(id_: str) -> None:
        assume(id_ != canonical)
        assume(not is_canonical(id_))  # another bit can be that of another key
        assert is_malformed(probe, id_)

    check()
    assert not is_malformed(probe, canonical)


def is_canonical(id_: str) -> bool:
    """Return whether this is the encoding of some text with a colon."""
    try:
        decoded = base64.b64decode(id_, validate=True)
        return b":" in decoded.decode().encode() and base64.b64encode(decoded).decode() == id_
    except ValueError:
        return False


@pytest.mark.parametrize("id_", ["7", "-1"])
def test_global_id_as_a_number_is_malformed(probe: Api, id_: str) -> None:
    assert probe(f"{{ pk(id: {id_}) }}")["errors"][0]["message"] == "This id is malformed."
    assert is_malformed(probe, id_)


@pytest.mark.parametrize("value", ["1.5", "true", "[]", "ACCOUNT"])
def test_global_id_of_another_type_is_rejected_before_execution(probe: Api, value: str) -> None:
    [error] = probe(f"{{ pk(id: {value}) }}")["errors"]
    assert error["message"].startswith("ID cannot represent a non-string and non-integer value")
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
