"""What staff type to find a patient: names, a date of birth, a telephone number."""

import datetime as dt
import re
from typing import NamedTuple

from phonenumber_field.phonenumber import PhoneNumber

from users.fields import parse_phone_number

DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")
# Digits, and what people write between them.
PHONE_NUMBER = re.compile(r"(?:\+|\b)\d[\d\s()/.\u2010-\u2015-]{4,}\d\b")


class PatientSearch(NamedTuple):
    """A search text, taken apart. ``words`` is what is neither a date nor a telephone number."""

    words: str
    dates: list[dt.date]
    phone_number: PhoneNumber | None


def parse_search(text: str) -> PatientSearch:
    """Take a search text apart."""
    words, dates = [], []
    for word in text.split():
        date = _parse_date(word.strip(",;"))
        if date is None:
            words.append(word)
        else:
            dates.append(date)
    rest, number = " ".join(words), None
    if (typed := PHONE_NUMBER.search(rest)) and (number := parse_phone_number(typed[0])):
        rest = f"{rest[: typed.start()]} {rest[typed.end() :]}"
    return PatientSearch(rest, dates, number)


def _parse_date(word: str) -> dt.date | None:
    for date_format in DATE_FORMATS:
        try:
            return dt.datetime.strptime(word, date_format).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    return None
