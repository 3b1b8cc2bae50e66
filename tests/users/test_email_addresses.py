"""The canonical form of email addresses: what is stored is what is mailed, in every spelling."""

from collections.abc import Sequence
from email import message_from_bytes, policy
from typing import Any

import hypothesis.strategies as st
import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from hypothesis import example, given

from tests.support.scale import HYPOTHESIS
from users.email_addresses import (
    Fault,
    InvalidEmailAddress,
    account_key,
    canonical_email,
    is_canonical,
    legacy_form,
    review,
    spellings,
)
from users.models import User

normalize = User.objects.normalize_email


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        (" Eva@Example.ORG\n", "eva@example.org"),
        ("eva+news@example.org", "eva+news@example.org"),
        ("o'hara@example.org", "o'hara@example.org"),
        ("eva@localhost", "eva@localhost"),
        ("eva@straße.de", "eva@xn--strae-oqa.de"),
        ("eva@STRAẞE.DE", "eva@xn--strae-oqa.de"),
        ("eva@XN--STRAE-OQA.de", "eva@xn--strae-oqa.de"),
        ("eva@strasse.de", "eva@strasse.de"),
        ("user@münchen-praxis.de", "user@xn--mnchen-praxis-wob.de"),
        ("user@mu\u0308nchen-praxis.de", "user@xn--mnchen-praxis-wob.de"),
        ("eva@\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45。org", "eva@example.org"),
        ("eva@exam\u00adple.org", "eva@example.org"),
        ("eva@exam\u200bple.org", "eva@example.org"),
        ("eva@οδος.gr", "eva@xn--pxavbm.gr"),
        ("eva@οδο\u03c3.gr", "eva@xn--pxavbq.gr"),
        ("eva@ΟΔΟΣ.gr", "eva@xn--pxavbq.gr"),
        ("eva@adm\u0131n.org", "eva@xn--admn-nza.org"),
        ("eva@praxis.בדיקה", "eva@praxis.xn--5dbedt4e"),
        ("eva@praxis.münchen", "eva@praxis.xn--mnchen-3ya"),
        ("", ""),
        (" \n", ""),
        (None, None),
    ],
)
def test_normalize_email_returns_the_canonical_form(
    typed: str | None, canonical: str | None
) -> None:
    assert normalize(typed) == canonical


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("eva", Fault.ADDRESS),
        ("@example.org", Fault.ADDRESS),
        ("eva@", Fault.ADDRESS),
        ("eva\uff20example.org", Fault.ADDRESS),
        ("adm\u0131n@example.org", Fault.LOCAL_PART),
        ("éva@example.org", Fault.LOCAL_PART),
        ("\uff45va@example.org", Fault.LOCAL_PART),  # a full-width letter
        ("\u017fam@example.org", Fault.LOCAL_PART),  # a long s
        ("\u212aim@example.org", Fault.LOCAL_PART),  # the Kelvin sign, in lower case a k
        ("e\u200bva@example.org", Fault.LOCAL_PART),
        ('"eva"@example.org', Fault.LOCAL_PART),
        ('"a\r\nBcc: ben"@example.org', Fault.LOCAL_PART),
        ('"eva@evil.example"@example.org', Fault.LOCAL_PART),
        ("eva@evil.example@example.org", Fault.LOCAL_PART),
        ("e va@example.org", Fault.LOCAL_PART),
        ("e\x00va@example.org", Fault.LOCAL_PART),
        ("eva.@example.org", Fault.LOCAL_PART),
        (".eva@example.org", Fault.LOCAL_PART),
        ("e..va@example.org", Fault.LOCAL_PART),
        ("=?utf-8?q?ann?=@example.org", Fault.LOCAL_PART),  # decoded when it is sent
        ("e" * 65 + "@example.org", Fault.LOCAL_PART),
        ("eva@example", Fault.DOMAIN),
        ("eva@example.org.", Fault.DOMAIN),
        ("eva@example.org。", Fault.DOMAIN),
        ("eva@example.org.\u00ad", Fault.DOMAIN),
        ("eva@example..org", Fault.DOMAIN),
        ("eva@.example.org", Fault.DOMAIN),
        ("eva@exam ple.org", Fault.DOMAIN),
        ("eva@exam\r\nple.org", Fault.DOMAIN),
        ("eva@exam_ple.org", Fault.DOMAIN),
        ("eva@-example.org", Fault.DOMAIN),
        ("eva@" + "x" * 64 + ".org", Fault.DOMAIN),
        ("eva@" + "ü" * 60 + ".org", Fault.DOMAIN),
        ("eva@" + "x." * 126 + "org", Fault.DOMAIN),
        ("eva@" + "ü" * 5000 + ".org", Fault.ADDRESS),
        ("eva@[127.0.0.1]", Fault.DOMAIN),
        ("eva@[IPv6:::1]", Fault.DOMAIN),
        ("eva@10.0.0.10", Fault.DOMAIN),
        ("eva@xn--a.de", Fault.DOMAIN),
        ("eva@xn--.de", Fault.DOMAIN),
        ("eva@xn--ls8h.la", Fault.DOMAIN),  # an emoji, which IDNA 2008 does not allow
        ("eva@exam\u200dple.org", Fault.DOMAIN),
        ("eva@example.org\udc80", Fault.DOMAIN),
    ],
)
def test_normalize_email_rejects_an_address_without_canonical_form(
    typed: str, fault: Fault
) -> None:
    with pytest.raises(InvalidEmailAddress) as caught:
        normalize(typed)
    assert (caught.value.fault, caught.value.code) == (fault, "invalid")
    assert isinstance(caught.value, ValidationError)


@pytest.mark.parametrize("typed", [None, "", "  ", "\n"])
def test_blank_address_has_no_spelling(typed: str | None) -> None:
    assert spellings(typed) == (None, None)
    assert account_key(typed) == ""


# Letters that conversions treat differently, marks and invisible characters, and signs with a
# meaning in an address or a header.
LETTERS = "aAsSkKiIxXnN019äÄöüßẞςΣ\u03c3\u0131İ\u017f\u212aé\u0430\u0431अ中あא\u0301"
INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u180e\u034f"
SIGNS = "-._+'=?!#&|~\"\\@<>,;:()[] \t\r\n\x00\x7f\u0085"
text = st.text(st.sampled_from(LETTERS + INVISIBLE + SIGNS), max_size=12)
ascii_local_parts = st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}", fullmatch=True)
local_parts = st.one_of(
    ascii_local_parts,
    text,
    text.map(lambda quoted: f'"{quoted}"'),
    text.map(lambda word: f"=?utf-8?q?{word}?="),
)
labels = st.one_of(
    st.text(st.sampled_from(LETTERS + INVISIBLE + "-"), min_size=1, max_size=10),
    st.text(st.characters(), min_size=1, max_size=6),
    st.text(st.sampled_from("abcäß中"), min_size=1, max_size=70),
    st.text(st.sampled_from("abc0-"), min_size=1, max_size=10).map(lambda rest: f"xn--{rest}"),
)
dots = st.sampled_from([".", "。", "\uff0e", "｡"])
domains = st.tuples(labels, dots, st.one_of(labels, st.sampled_from(["org", "de", "рф"]))).map(
    "".join
)
addresses = st.one_of(st.tuples(local_parts, st.just("@"), domains).map("".join), st.emails(), text)


class Connection:
    """Stands in for smtplib's connection: keeps the envelope and the bytes of each message."""

    def __init__(self) -> None:
        self.sent: list[tuple[list[str], bytes]] = []

    def sendmail(self, _sender: str, recipients: Sequence[str], message: bytes) -> None:
        self.sent.append((list(recipients), message))


def mailed_to(address: str) -> tuple[list[str], list[str]]:
    """Return the recipients in the envelope and in the header of an email to ``address``."""
    backend: Any = EmailBackend()
    backend.connection = Connection()
    backend.send_messages([EmailMessage("Subject", "Text", "clinic@example.org", [address])])
    [(envelope, content)] = backend.connection.sent
    header = message_from_bytes(content, policy=policy.default)["To"]
    return envelope, [found.addr_spec for found in header.addresses]


@HYPOTHESIS
@given(typed=addresses)
@example(typed="eva@straße.de")
@example(typed="=?utf-8?q?ann?=@example.org")
@example(typed="a" * 64 + "@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 57 + ".org")
def test_canonical_address_is_ascii_stable_and_mailed_unchanged(typed: str) -> None:
    try:
        stored = canonical_email(typed)
    except InvalidEmailAddress:
        assert not is_canonical(typed)
        return
    assert stored.isascii()
    assert stored == stored.lower() == canonical_email(stored)
    assert mailed_to(stored) == ([stored], [stored])
    assert account_key(typed) == stored
    assert spellings(stored) == (stored, None)


@pytest.mark.parametrize(
    ("address", "mailed"),
    [
        ("eva@straße.de", "eva@strasse.de"),
        ("eva@οδος.gr", "eva@xn--pxavbq.gr"),
        ("=?utf-8?q?ann?=@example.org", "ann@example.org"),
    ],
)
def test_django_mails_another_address_than_one_that_is_not_canonical(
    address: str, mailed: str
) -> None:
    """Negative control of the test above."""
    assert mailed_to(address)[0] == [mailed]


@HYPOTHESIS
@given(typed=addresses)
@example(typed="eva@ΟΔΟΣ.gr")
@example(typed="eva@οδος.gr")
@example(typed="ADMIN@example.org")
@example(typed="adm\u0131n@example.org")
def test_spellings_of_one_account_share_one_key(typed: str) -> None:
    for stored in filter(None, spellings(typed)):
        assert account_key(stored) == account_key(typed)


@HYPOTHESIS
@given(stored=st.lists(addresses.map(legacy_form), unique=True, max_size=6))
@example(stored=["eva@straße.de", "eva@strasse.de"])
@example(stored=["a@münchen.de", "a@xn--mnchen-3ya.de", "a@mün\u00adchen.de"])
@example(stored=["b@mün\u00adchen.de", "b@mün\u200bchen.de"])
@example(stored=["adm\u0131n@example.org", ""])
def test_review_converts_addresses_only_without_collision(stored: list[str]) -> None:
    before = dict(enumerate(stored))
    found = review(before)
    after = {**before, **found.convertible}
    left = {*found.invalid, *found.colliding}
    assert len(set(after.values())) == len(after)
    assert left.isdisjoint(found.convertible)
    assert {pk for pk, email in after.items() if not is_canonical(email)} == left
    assert all(canonical_email(before[pk]) == form for pk, form in found.convertible.items())
