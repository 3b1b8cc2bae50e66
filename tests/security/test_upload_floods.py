"""Uploads of pictures cannot occupy the server: neither one after another nor at once."""

from typing import Any, cast

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import connection
from pytest_django import Settings
from typing_extensions import override

from clinic.models import Patient
from tests.support.api_client import Api
from tests.support.pictures import halves, saved
from users.avatars import services as avatars
from users.common.rate_limits import RateLimitExceeded
from users.models import User


class RecordingUpload(SimpleUploadedFile):
    """A picture that records whether the database connection is open while it is processed."""

    connected: bool | None = None

    @override
    def read(self, *args: Any) -> bytes:
        self.connected = connection.connection is not None
        return cast("bytes", super().read(*args))


def upload(user: User, content: bytes = b"no picture") -> str:
    """Upload a picture; return the error code, or "" if it was processed."""
    file = cast("UploadedFile[bytes]", SimpleUploadedFile("me.png", content))
    try:
        avatars.replace(user, file)
    except RateLimitExceeded as error:
        return f"RATE_LIMITED after {error.retry_after} s"
    except ValidationError:
        return "invalid"
    return ""


def test_uploads_of_one_account_are_limited_to_ten_an_hour(
    api: Api, ann: Patient, ben: Patient
) -> None:
    assert [upload(ann.user) for _ in range(10)] == ["invalid"] * 10
    assert upload(ann.user).startswith("RATE_LIMITED after ")
    assert upload(ben.user, saved(halves(), "PNG")) == ""


def test_uploads_are_not_limited_without_rate_limits(ann: Patient, settings: Settings) -> None:
    """Negative control."""
    settings.RATELIMIT_ENABLE = False
    assert [upload(ann.user) for _ in range(11)] == ["invalid"] * 11


def test_upload_while_another_is_processed_is_rejected_at_once(ann: Patient) -> None:
    with avatars._processing_slot():  # noqa: SLF001 - stands for a picture that takes seconds
        answers = [upload(ann.user) for _ in range(11)]
    assert answers == ["RATE_LIMITED after 3 s"] * 11
    # Rejected uploads do not count.
    assert upload(ann.user, saved(halves(), "PNG")) == ""


@pytest.mark.django_db(transaction=True)
def test_upload_holds_no_database_connection_while_it_is_processed(ann: Patient) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("Django does not close an SQLite database in memory.")
    file = RecordingUpload("me.png", saved(halves(), "PNG"))
    assert connection.connection is not None
    avatars.replace(ann.user, cast("UploadedFile[bytes]", file))
    assert file.connected is False
    assert User.objects.get(pk=ann.user_id).avatar
