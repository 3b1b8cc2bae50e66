"""Which characters text can contain. Each rule is defined here once.

- ``is_storable``: what every database can store.
- ``multiline_text``: storable text without control characters other than tab and line breaks.
- ``single_line_text``: text without any control character or line break.
"""

import re

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# PostgreSQL cannot store NUL; a lone surrogate has no UTF-8 encoding.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# Other control characters break calendar feeds.
multiline_text = RegexValidator(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]",
    message=_("This text contains characters that cannot be stored. Remove them."),
    code="invalid",
    inverse_match=True,
)
# Line breaks would also break email headers.
single_line_text = RegexValidator(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]",
    message=_("This text contains characters that cannot be displayed. Remove them."),
    code="invalid",
    inverse_match=True,
)


def is_storable(text: str) -> bool:
    """Return whether every database can store ``text``."""
    return UNSTORABLE.search(text) is None
