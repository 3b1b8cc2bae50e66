"""Leak markers: values that are only in one patient's record, and how to find them in output."""

import base64
import binascii
import re
from urllib.parse import unquote_plus

MARKERS = {
    name: f"canary{name}"
    for name in (
        *("email", "first", "last", "password", "file"),
        *("address", "contact", "reason", "cancellation", "reopening", "note"),
    )
}
EMAIL = f"{MARKERS['email']}@example.org"
PASSWORD = f"{MARKERS['password']} horse battery"
PHONE = "+4930901820199"
BIRTH_DATE = "1931-07-23"
# In lower case.
SPELLINGS = {
    **{name: (marker,) for name, marker in MARKERS.items()},
    "phone": ("901820199", "90182 0199", "901 820199"),
    "birth date": (BIRTH_DATE, "23 july 1931", "july 23, 1931", "23.07.1931"),
}
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}")


def markers_in(data: bytes) -> set[str]:
    """Return the names of the markers in the data, also if percent-encoded or in base64."""
    decoded = b" ".join(_decode_base64(found) for found in BASE64.findall(data))
    plain = (data + b" " + decoded).decode(errors="replace")
    text = f"{plain} {unquote_plus(plain)}".casefold()
    return {name for name, forms in SPELLINGS.items() if any(form in text for form in forms)}


def _decode_base64(text: bytes) -> bytes:
    whole = text[: len(text) // 4 * 4]
    try:
        return base64.urlsafe_b64decode(whole.replace(b"+", b"-").replace(b"/", b"_"))
    except binascii.Error:
        return b""
