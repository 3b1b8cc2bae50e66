import datetime as dt
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.clock import zone
from schema.core.scalars import SCALARS
from tests.support.api_client import Api
from tests.support.scale import HYPOTHESIS


@pytest.mark.parametrize(
    ("field", "sent", "answered"),
    [
        ("date", "2024-02-29", "2024-02-29"),
        ("date", "0001-01-01", "0001-01-01"),
        ("time", "09:30", "09:30:00"),
        ("time", "09:30:00", "09:30:00"),
        ("time", "00:00", "00:00:00"),
        ("moment", "2026-03-02T09:30:00+01:00", "2026-03-02T09:30:00+01:00"),
        ("moment", "2026-03-02T08:30:00Z", "2026-03-02T09:30:00+01:00"),
        ("moment", "2026-07-01T08:30:00.250Z", "2026-07-01T10:30:00+02:00"),
        ("moment", "2026-07-01T08:30-04:00", "2026-07-01T14:30:00+02:00"),
        ("moment", "2026-07-01T08:30:59.999999999Z", "2026-07-01T10:30:59+02:00"),
        ("moment", "2026-07-01t08:30:00z", "2026-07-01T10:30:00+02:00"),
        ("moment", "2026-07-01t08:30:00.1234567+01:00", "2026-07-01T09:30:00+02:00"),
    ],
)
def test_scalar_is_serialized_in_one_format(
    probe: Api, field: str, sent: str, answered: str
) -> None:
    assert probe(f'{{ {field}(of: "{sent}") }}') == {"data": {field: answered}}


DATE = ("Date", "date", "a date, YYYY-MM-DD")
TIME = ("Time", "time", "a time without an offset, HH:MM or HH:MM:SS")
MOMENT = ("DateTime", "moment", "an instant with its offset, YYYY-MM-DDTHH:MM:SS+HH:MM")
INVALID_VALUES = [
    (DATE, "2023-02-29"),
    (DATE, "20260302"),
    (DATE, "2026-W10-1"),
    (DATE, "2026-03-02T00:00:00"),
    (DATE, "٢٠٢٦-٠٣-٠٢"),
    (DATE, "2026-03-02\n"),
    (DATE, 20260302),
    (TIME, "24:00"),
    (TIME, "9:30"),
    (TIME, "0930"),
    (TIME, "09:30:00.5"),
    (TIME, "09:30+02:00"),
    (TIME, "09:30Z"),
    (TIME, 930),
    (MOMENT, "2026-03-02T09:30:00"),
    (MOMENT, "2026-03-02 09:30:00+01:00"),
    (MOMENT, "2026-03-02"),
    (MOMENT, "0001-01-01T00:00:00+14:00"),
    (MOMENT, "2026-03-02T09:30:00.1234567890Z"),
    (MOMENT, "2026-03-02T09:30:00.Z"),
    (MOMENT, "2026-03-02T09:30:00,5Z"),
    (MOMENT, "2026-03-02T09:30:00z\n"),
    (MOMENT, "20260302T093000Z"),
    (MOMENT, 1772443800),
]


@pytest.mark.parametrize(("scalar", "sent"), INVALID_VALUES)
def test_scalar_rejects_other_formats_in_variables(
    probe: Api, scalar: tuple[str, str, str], sent: object
) -> None:
    type_, field, expected = scalar
    answer = probe(f"query ($of: {type_}!) {{ {field}(of: $of) }}", {"of": sent})
    assert answer == {
        "errors": [
            {
                "message": f"Variable '$of' is invalid: Expected {expected}.",
                "locations": [{"line": 1, "column": 8}],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ]
    }


@pytest.mark.parametrize(("scalar", "sent"), INVALID_VALUES)
def test_scalar_rejects_other_formats_in_the_document(
    probe: Api, scalar: tuple[str, str, str], sent: object
) -> None:
    _, field, expected = scalar
    literal = json.dumps(sent, ensure_ascii=False)
    answer = probe(f"{{ {field}(of: {literal}) }}")
    assert answer == {
        "errors": [
            {
                "message": f"Expected {expected}.",
                "locations": [{"line": 1, "column": 8 + len(field)}],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ]
    }


def test_date_time_accepts_each_spelling_of_rfc_3339(probe: Api) -> None:
    @given(
        since_1970=st.timedeltas(dt.timedelta(days=1), dt.timedelta(days=50_000)),
        offset=st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timedelta(minutes=minutes)),
        digits=st.integers(0, 9),
        nanoseconds=st.integers(0, 999),
        letters=st.sampled_from([("T", "Z"), ("t", "z"), ("T", "z"), ("t", "Z")]),
    )
    @settings(HYPOTHESIS, max_examples=60)
    def check(
        since_1970: dt.timedelta,
        offset: dt.timedelta,
        digits: int,
        nanoseconds: int,
        letters: tuple[str, str],
    ) -> None:
        moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + since_1970
        local = moment.astimezone(dt.timezone(offset))
        fraction = f".{local.microsecond:06}{nanoseconds:03}"[: digits + 1] if digits else ""
        printed_offset = local.isoformat()[-6:] if offset else letters[1]
        text = f"{local:%Y-%m-%d}{letters[0]}{local:%H:%M:%S}{fraction}{printed_offset}"
        in_zone = moment.astimezone(zone()).isoformat(timespec="seconds")
        assert probe("query ($of: DateTime!) { moment(of: $of) }", {"of": text}) == {
            "data": {"moment": in_zone}
        }

    check()


@pytest.mark.parametrize(
    ("fraction", "microseconds"),
    [
        ("", 0),
        (".1", 100_000),
        (".123456", 123_456),
        (".1234567", 123_456),
        (".999999999", 999_999),
    ],
)
def test_date_time_truncates_the_fraction_to_microseconds(fraction: str, microseconds: int) -> None:
    parse = SCALARS[dt.datetime].parse_value
    assert parse
    found = parse(f"2026-03-02t08:30:00{fraction}z")
    assert found == dt.datetime(2026, 3, 2, 8, 30, 0, microseconds, tzinfo=dt.UTC)
