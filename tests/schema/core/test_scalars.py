import json

import pytest

from tests.support.api_client import Api


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
    ],
)
def test_scalar_is_serialized_in_one_format(
    probe: Api, field: str, sent: str, answered: str
) -> None:
    assert probe(f'{{ {field}(of: "{sent}") }}') == {"data": {field: answered}}


DATE = ("Date", "date", "a date, YYYY-MM-DD")
TIME = ("Time", "time", "a time without an offset, HH:MM or HH:MM:SS")
MOMENT = ("DateTime", "moment", "an instant with its offset, YYYY-MM-DDTHH:MM:SS+HH:MM")
REFUSED = [
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
    (MOMENT, 1772443800),
]


@pytest.mark.parametrize(("scalar", "sent"), REFUSED)
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


@pytest.mark.parametrize(("scalar", "sent"), REFUSED)
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
