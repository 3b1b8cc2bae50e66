"""Which characters text can contain, and the form in which it is stored. Each rule is here once.

- ``to_nfc``: the stored form of all text.
- ``clean_name``, ``validate_name``: names of people, and other names on one line.
- ``is_storable``: what every database can store.
- ``multiline_text``: storable text without control characters other than tab and line breaks.
"""

import re
import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from users.links import contains_link

# PostgreSQL cannot store NUL; a lone surrogate has no UTF-8 encoding.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# Other control characters break calendar feeds.
multiline_text = RegexValidator(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]",
    message=_("This text contains characters that cannot be stored. Remove them."),
    code="invalid",
    inverse_match=True,
)
# Control characters, format characters such as bidirectional overrides, line and paragraph
# separators, surrogates, private use and unassigned code points.
INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})
# White space other than control characters and line separators.
BLANKS = re.compile(r"[^\S\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Shown as nothing or as a blank, although their category is that of a letter, mark or symbol:
# the rest of Unicode's Default_Ignorable_Code_Point, and the braille blank.
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U0001d159\U000e0000-\U000e0fff]"
)
# ZERO WIDTH NON-JOINER and JOINER. Persian and Indic names need them where RFC 5892, appendix A,
# allows them in domain names: elsewhere they cannot be seen.
JOINERS = "\u200c\u200d"
# Marks after no letter, or more than four in a row, which cover other lines of text. Vietnamese,
# Hebrew and Arabic names need up to three. In terms of ``_kind``.
MISPLACED_MARKS = re.compile(r"(^|\.)[MS]|M{5}")

# The longest field has 2,000 characters, each typed as up to three.
MAX_NORMALIZED_LENGTH = 6000

NOT_VISIBLE = _("This name contains characters that cannot be seen. Remove them.")
NO_LETTER = _("Enter a name with at least one letter.")
LINK = _(
    "This name contains a web or email address, or looks like one. Remove it, or write a blank "
    "after each full stop."
)
BLANK_PASSWORD = _("The password consists of blanks only. Choose one with other characters.")
TOO_MANY_MARKS = _("This name has an accent without a letter, or too many on one letter.")


def to_nfc(text: str) -> str:
    """Return ``text`` with composed letters (Unicode normalization form C).

    Keyboards differ in whether ``é`` is one character or two; stored in two forms, equal
    names would not compare as equal. Text that is longer than any field is returned as it is:
    normalizing 40 thousand accents in a row takes 14 seconds.
    """
    if len(text) > MAX_NORMALIZED_LENGTH:
        return text
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def clean_name(text: str) -> str:
    """Return the stored form of a name: NFC, each run of blanks as one space, none at the ends.

    Line breaks and tabs are blanks at the ends only; inside, ``validate_name`` rejects them.
    """
    return to_nfc(BLANKS.sub(" ", text.strip()))


def validate_name(name: str) -> None:
    """Raise ``invalid`` unless the name can be read: letters, nothing invisible, and no link.

    Names are shown in emails to other people, whose mail program would make a link of it.
    """
    if len(name) > MAX_NORMALIZED_LENGTH:
        return  # The field's max_length rejects it; normalizing it could take minutes.
    for index, character in enumerate(name):
        is_invisible = unicodedata.category(character) in INVISIBLE_CATEGORIES
        if character in JOINERS:
            is_invisible = not idna.valid_contextj(name, index)
        if is_invisible or INVISIBLE.match(character):
            raise ValidationError(NOT_VISIBLE, code="invalid")
    if contains_link(name):
        raise ValidationError(LINK, code="invalid")
    # Decomposed, so that composed letters do not allow one mark more.
    decomposed = "".join(map(_kind, unicodedata.normalize("NFD", name)))
    if MISPLACED_MARKS.search(decomposed):
        raise ValidationError(TOO_MANY_MARKS, code="invalid")
    if "L" not in decomposed:
        raise ValidationError(NO_LETTER, code="invalid")


def _kind(character: str) -> str:
    """Return L for a letter, S for a mark with a width of its own, M for another, "." else."""
    category = unicodedata.category(character)
    if character in JOINERS or category == "Mc":
        return "S"
    return category[0] if category[0] in {"L", "M"} else "."


def is_visible(text: str) -> bool:
    """Return whether ``text`` has a character that can be seen."""
    return any(
        unicodedata.category(character) not in {*INVISIBLE_CATEGORIES, "Zs"}
        and not INVISIBLE.match(character)
        for character in text
    )


def validate_visible_password(password: str) -> None:
    """Raise ``password_not_visible`` unless the password has a visible character."""
    if not is_visible(password):
        raise ValidationError(BLANK_PASSWORD, code="password_not_visible")


def is_storable(text: str) -> bool:
    """Return whether every database can store ``text``."""
    return UNSTORABLE.search(text) is None
