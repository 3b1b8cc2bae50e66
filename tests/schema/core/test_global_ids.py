import base64

import pytest

from tests.support.api_client import Api


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
        ("Account:-7", None),
        ("Account:7.0", None),
        ("Account:\N{ARABIC-INDIC DIGIT SEVEN}", None),
        ("Account:", None),
        ("Account:7:7", None),
        ("account:7", None),
        ("Clinic:7", None),
        (":7", None),
    ],
)
def test_global_id_to_pk_returns_the_key_or_none(probe: Api, text: str, pk: str | None) -> None:
    document = "query ($id: ID!) { pk(id: $id) }"
    assert probe(document, {"id": global_id(text)}) == {"data": {"pk": pk}}
