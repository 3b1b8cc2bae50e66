import pytest
from pytest_django import Settings

from tests.support.api_client import Api


@pytest.fixture
def probe(settings: Settings, api: Api) -> Api:
    """The API client, pointed at the schema of probes."""
    settings.ROOT_URLCONF = "tests.support.schema_app"
    return api
