"""Public holidays of a country or of a part of it, from the package ``holidays``."""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

import holidays
from holidays import HolidayBase

from clinic.models import Closure
from users.text import clean_name

MAX_NAME_LENGTH: int = Closure._meta.get_field("name").max_length or 0  # noqa: SLF001 - Django documents _meta as public


class PublicHoliday(NamedTuple):
    """A public holiday. Holidays on the same date are one, with the names of both."""

    date: dt.date
    name: str


class UnknownRegion(ValueError):
    """The country, its subdivision, the language or the year is not known; says what is."""


def public_holidays(
    region: str, years: Iterable[int], language: str | None = None
) -> list[PublicHoliday]:
    """Return the public holidays of the years, by date.

    ``region`` is the code of a country (ISO 3166-1), or that and a subdivision (ISO 3166-2), such
    as ``DE`` or ``DE-BE``. The names are in ``language``, by default the country's own. Raises
    UnknownRegion.
    """
    country, _hyphen, subdivision = region.partition("-")
    calendar = _calendar_of(country.upper())
    code = _subdivision_of(calendar, subdivision) if subdivision else None
    dates = holidays.country_holidays(
        calendar.country,
        subdiv=code,
        years=[_known_year(calendar, year) for year in sorted(set(years))],
        # Otherwise the names depend on the language of the server's environment.
        language=_language_of(calendar, language),
        expand=False,
    )
    return [PublicHoliday(date, _name_of(dates.get_list(date))) for date in sorted(dates)]


def _calendar_of(country: str) -> HolidayBase:
    try:
        return holidays.country_holidays(country)
    except NotImplementedError as error:
        raise UnknownRegion(
            f"No holidays are known of the country {country}. Use its code with two letters "
            "(ISO 3166-1), such as DE or GB."
        ) from error


def _subdivision_of(calendar: HolidayBase, subdivision: str) -> str:
    """Return the code of a subdivision. Upper and lower case count as equal."""
    country = calendar.country
    aliases = {alias.lower(): code for alias, code in calendar.subdivisions_aliases.items()}
    codes = {code.lower(): code for code in calendar.subdivisions}
    code = (aliases | codes).get(subdivision.lower())
    if code is not None:
        return code
    if not codes:
        raise UnknownRegion(f"No subdivisions of {country} are known. Use {country} alone.")
    known = ", ".join(f"{country}-{code}" for code in calendar.subdivisions)
    raise UnknownRegion(
        f"No holidays are known of {country}-{subdivision}. Use one of {known}; or {country} for "
        "the holidays of the whole country."
    )


def _known_year(calendar: HolidayBase, year: int) -> int:
    if not calendar.start_year <= year <= calendar.end_year:
        raise UnknownRegion(
            f"No holidays of {calendar.country} are known for {year}. Choose years from "
            f"{calendar.start_year} to {calendar.end_year}."
        )
    return year


def _language_of(calendar: HolidayBase, language: str | None) -> str | None:
    """Return the code of a language, such as ``de`` or ``en_US``; ``en`` is ``en_US``, too."""
    if language is None:
        return calendar.default_language
    wanted = language.replace("-", "_").lower()
    codes = calendar.supported_languages
    for code in codes:
        if code.lower() == wanted:
            return code
    for code in codes:
        if code.lower().startswith(f"{wanted}_"):
            return code
    known = ", ".join(codes)
    raise UnknownRegion(
        f"The names of the holidays of {calendar.country} are not known in the language "
        f"{language}. " + (f"Use one of {known}." if known else "Leave out --language.")
    )


def _name_of(names: list[str]) -> str:
    """Return the name of a closure on this day, as long as a closure's name can be."""
    name = clean_name(", ".join(names))
    if len(name) <= MAX_NAME_LENGTH:
        return name
    return f"{name[: MAX_NAME_LENGTH - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"
