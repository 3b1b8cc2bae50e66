"""Names that a mail program would show as a link are rejected, names with full stops are not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linkify_it.tlds import TLDS

from tests.support.api_client import Api
from tests.support.fixtures.people import EVA
from tests.support.graphql_responses import root_value
from tests.support.scale import HYPOTHESIS
from tests.support.spellings import NAMES
from users.links import contains_link

DOTS = [".", "\u3002", "\uff0e", "\uff61", "\u2024"]
LINKS = [
    "customer. Your card was blocked https://example.invalid",
    *("bank.de", "BANK.DE", "www.bank", "//bank.online/x", "(bank.de)", "Ann bank.de.", "a@b"),
    *(
        "http://x",
        "пример.рф",
        "مثال.مصر",
        "xn--e1afmkfd.xn--p1ai",
        "ann@example.org",
        "bank.co.uk",
    ),
]
NO_LINKS = [
    *("J. R. R. Tolkien", "J.R.R.Tolkien", "St.John", "Dr. med. Ann Example", "O'Neil Jr."),
    *("Jean-Luc", "d\u2019Arc", "Ann, Example", "Müller.", ". de", "Ann. De Vries"),
]


@pytest.mark.parametrize("text", LINKS)
def test_contains_link_finds_addresses(text: str) -> None:
    assert contains_link(text)


@pytest.mark.parametrize("text", NO_LINKS)
def test_contains_link_accepts_names_with_full_stops(text: str) -> None:
    assert not contains_link(text)


@settings(HYPOTHESIS, max_examples=200)
@given(
    before=NAMES, name=NAMES, dot=st.sampled_from(DOTS), tld=st.sampled_from(TLDS), after=st.text()
)
def test_contains_link_finds_domains_in_any_text(
    before: str, name: str, dot: str, tld: str, after: str
) -> None:
    assert contains_link(f"{before} {name}{dot}{tld.upper()} {after}")


@settings(HYPOTHESIS, max_examples=200)
@given(NAMES)
def test_contains_link_accepts_generated_names(name: str) -> None:
    assert not contains_link(name)


@pytest.mark.django_db
@pytest.mark.parametrize("name", LINKS)
def test_register_rejects_a_name_that_is_shown_as_a_link(api: Api, name: str) -> None:
    message = (
        "This name contains a web or email address, or looks like one. Remove it, or write a blank "
        "after each full stop."
    )
    assert root_value(api("Register", {"input": {**EVA, "firstName": name}})) == {
        "__typename": "OperationInfo",
        "messages": [
            {"kind": "VALIDATION", "field": "firstName", "code": "invalid", "message": message}
        ],
    }
