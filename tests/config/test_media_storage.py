"""Uploaded pictures in a bucket of a local S3 server."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from django.core.files.storage import default_storage
from pytest_django import Settings

from config import checks
from tests.support.api_client import Api
from tests.support.fixtures.people import PASSWORD, make_user
from tests.support.live_server import reserved_port
from tests.support.pictures import halves, saved
from users import accounts
from users.models import User

# Replaced files are deleted after the commit, so the tests need real commits.
pytestmark = pytest.mark.django_db(transaction=True)

BUCKET = "pictures"
JPEG = saved(halves(), "JPEG")
START_SECONDS = 60


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An S3 server with an empty bucket."""
    log: Path = tmp_path_factory.mktemp("s3") / "log"
    with reserved_port() as port, log.open("wb") as output:
        command = [sys.executable, "-m", "moto.server", "--port", str(port)]
        url = f"http://127.0.0.1:{port}"
        with subprocess.Popen(command, stdout=output, stderr=output) as process:  # noqa: S603 - our own command
            try:
                wait_for(url, process, log)
                yield url
            finally:
                process.terminate()


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)  # the port is not open yet
        else:
            return
    raise AssertionError(log.read_text())


@pytest.fixture
def bucket(endpoint: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The bucket in which this test's pictures are stored."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    use_bucket(settings, endpoint)
    resource: Any = boto3.resource("s3", endpoint_url=endpoint, region_name="eu-central-1")
    bucket = resource.Bucket(BUCKET)
    bucket.create(CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield bucket
    bucket.objects.all().delete()
    bucket.delete()


def use_bucket(settings: Settings, endpoint: str, name: str = BUCKET) -> None:
    options = {"bucket_name": name, "endpoint_url": endpoint, "region_name": "eu-central-1"}
    media = {"BACKEND": "config.media_storage.BucketStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": media}


def names(bucket: Any) -> set[str]:
    return {item.key for item in bucket.objects.all()}


@pytest.fixture
def ann() -> User:
    """A patient without a profile."""
    return make_user("Ann", is_patient=True)


@pytest.fixture
def token(ann: User) -> str:
    """Ann's access token."""
    return accounts.sign_in(ann.email, PASSWORD).access_token


def test_pictures_are_stored_in_the_bucket_and_keep_their_urls(
    api: Api, ann: User, token: str, bucket: Any, settings: Settings
) -> None:
    settings.MEDIA_URL = "https://pictures.example.org/"
    answer = api.upload("UploadAvatar", "image", JPEG, token=token)
    ann.refresh_from_db()
    url = f"https://pictures.example.org/{ann.avatar.name}"
    assert answer["data"]["uploadAvatar"]["avatarUrl"] == url
    assert names(bucket) == {ann.avatar.name, ann.avatar_small.name}


def test_replaced_and_removed_pictures_are_deleted_from_the_bucket(
    api: Api, ann: User, token: str, bucket: Any
) -> None:
    api.upload("UploadAvatar", "image", JPEG, token=token)
    first = names(bucket)
    api.upload("UploadAvatar", "image", JPEG, token=token)
    ann.refresh_from_db()
    assert (first & names(bucket), len(names(bucket))) == (set(), 2)
    api("RemoveAvatar", token=token)
    assert names(bucket) == set()


def test_upload_is_answered_with_a_code_while_the_store_is_down(
    api: Api, ann: User, token: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with reserved_port() as port:  # nobody listens on it
        use_bucket(settings, f"http://127.0.0.1:{port}")
        answer = api.upload("UploadAvatar", "image", JPEG, token=token)
    ann.refresh_from_db()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["SERVICE_UNAVAILABLE"]
    assert ann.avatar.name == ""


def test_check_accepts_a_bucket_that_can_be_reached(bucket: Any) -> None:
    assert bucket.name == BUCKET
    assert checks.check_media_bucket(None) == []


def test_check_names_a_bucket_that_does_not_exist(
    bucket: Any, endpoint: str, settings: Settings
) -> None:
    assert names(bucket) == set()
    use_bucket(settings, endpoint, "missing")
    assert default_storage.url("a b.webp") == "/media/a%20b.webp"
    [error] = checks.check_media_bucket(None)
    assert (error.id, error.msg) == (
        "cybermed.E005",
        "Pictures cannot be stored in MEDIA_BUCKET: ClientError (missing).",
    )


def test_server_starts_without_the_packages_of_the_bucket() -> None:
    """They are imported only if MEDIA_BUCKET is set."""
    code = "import sys, django; django.setup(); print({'boto3', 'storages'} & set(sys.modules))"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
