"""Avatars: upload, removal and download."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from pytest_django import Settings

from tests.support.api_client import Api, GraphQLResult
from tests.support.db_faults import failing
from tests.support.fixtures.people import PASSWORD, make_user
from tests.support.pictures import halves, png, saved
from users import accounts
from users.models import User

# Replaced files are deleted after the commit, so the tests need real commits.
pytestmark = pytest.mark.django_db(transaction=True)

JPEG = saved(halves(), "JPEG")


@pytest.fixture
def ann() -> User:
    """A patient without a profile."""
    return make_user("Ann", is_patient=True)


@pytest.fixture
def token(ann: User) -> str:
    """Ann's access token."""
    return accounts.sign_in(ann.email, PASSWORD).access_token


def upload(api: Api, token: str, content: bytes = JPEG) -> Any:
    return api.upload("UploadAvatar", "image", content, token=token)["data"]["uploadAvatar"]


def stored_files(settings: Settings) -> set[str]:
    return {str(path.relative_to(settings.MEDIA_ROOT)) for path in _files(settings)}


def _files(settings: Settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def error_of(answer: GraphQLResult) -> str:
    [error] = answer["errors"]
    code: str = error["extensions"]["code"]
    return code


def test_upload_avatar_stores_two_sizes_under_random_names(
    api: Api, ann: User, token: str, settings: Settings
) -> None:
    answer = upload(api, token)
    ann.refresh_from_db()
    assert answer == {
        "__typename": "User",
        "id": answer["id"],
        "avatarUrl": f"http://testserver/media/{ann.avatar.name}",
    }
    assert stored_files(settings) == {ann.avatar.name, ann.avatar_small.name}
    assert len(Path(str(ann.avatar.name)).stem) == 22
    assert api("{ me { avatarUrl } }", token=token)["data"]["me"] == {
        "avatarUrl": answer["avatarUrl"]
    }


@contextmanager
def full_disk(free_bytes: int) -> Iterator[None]:
    """Let writing to a file fail after so many bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("has_avatar", [False, True])
def test_upload_avatar_on_a_full_disk_keeps_the_former_picture_and_leaves_no_file(
    api: Api, ann: User, token: str, settings: Settings, *, has_avatar: bool
) -> None:
    if has_avatar:
        upload(api, token)
    before = stored_files(settings)
    with full_disk(100):
        answer = api.upload("UploadAvatar", "image", JPEG, token=token)
    ann.refresh_from_db()
    assert error_of(answer) == "SERVICE_UNAVAILABLE"
    assert (stored_files(settings), len(before)) == (before, 2 if has_avatar else 0)
    assert {str(file.name) for file in (ann.avatar, ann.avatar_small) if file} == before


def test_avatar_url_returns_requested_size(api: Api, ann: User, token: str) -> None:
    upload(api, token)
    ann.refresh_from_db()
    query = "{ me { large: avatarUrl(size: LARGE) small: avatarUrl(size: SMALL) } }"
    answer = api(query, token=token)
    assert answer["data"]["me"] == {
        "large": f"http://testserver/media/{ann.avatar.name}",
        "small": f"http://testserver/media/{ann.avatar_small.name}",
    }


def test_upload_avatar_deletes_replaced_files(
    api: Api, ann: User, token: str, settings: Settings
) -> None:
    upload(api, token)
    before = stored_files(settings)
    upload(api, token)
    ann.refresh_from_db()
    assert stored_files(settings) == {ann.avatar.name, ann.avatar_small.name}
    assert not stored_files(settings) & before


def test_upload_avatar_keeps_old_files_when_saving_fails(
    api: Api, ann: User, token: str, settings: Settings
) -> None:
    upload(api, token)
    before = stored_files(settings)
    ann.refresh_from_db()

    with failing("UPDATE", "users_user", DatabaseError()):
        answer = api.upload("UploadAvatar", "image", JPEG, token=token)
    assert error_of(answer) == "INTERNAL_SERVER_ERROR"
    assert stored_files(settings) == before == {ann.avatar.name, ann.avatar_small.name}


def test_remove_avatar_deletes_files(api: Api, token: str, settings: Settings) -> None:
    upload(api, token)
    answer = api("RemoveAvatar", token=token)["data"]["removeAvatar"]
    assert answer == {"__typename": "User", "id": answer["id"], "avatarUrl": None}
    assert stored_files(settings) == set()
    assert api("RemoveAvatar", token=token)["data"]["removeAvatar"] == answer


def test_deleting_user_deletes_avatar_files(
    api: Api, ann: User, token: str, settings: Settings
) -> None:
    upload(api, token)
    User.objects.get().delete()
    assert stored_files(settings) == set()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Upload a JPEG, PNG or WebP image."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Upload a JPEG, PNG or WebP image."),
        (JPEG[:-300], "The image is damaged or incomplete."),
        (png(50_000, 50_000, rows=1), "The image has more than 25 megapixels."),
        (JPEG + bytes(5 * 1024 * 1024), "The image is larger than 5 MB."),
    ],
    ids=["empty", "svg", "truncated", "bomb", "large"],
)
def test_upload_avatar_rejects_invalid_image(
    api: Api, token: str, settings: Settings, content: bytes, message: str
) -> None:
    assert upload(api, token, content) == {
        "__typename": "OperationInfo",
        "messages": [
            {"kind": "VALIDATION", "field": "image", "code": "invalid", "message": message}
        ],
    }
    assert stored_files(settings) == set()


def test_upload_avatar_accepts_a_motion_photo_and_stores_the_image_only(
    api: Api, ann: User, token: str, settings: Settings
) -> None:
    video = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + b"<svg><script>alert(1)</script>"
    assert upload(api, token, JPEG + video)["__typename"] == "User"
    ann.refresh_from_db()
    for name in stored_files(settings):
        stored = (Path(settings.MEDIA_ROOT) / name).read_bytes()
        assert int.from_bytes(stored[4:8], "little") + 8 == len(stored)
        assert b"mp42" not in stored
        assert b"script" not in stored


def test_upload_avatar_rejects_image_that_crashes_the_processor(
    api: Api, token: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    crash = "import os; os.abort()"
    monkeypatch.setattr("users.avatars.services.COMMAND", ("python3", "-c", crash))
    assert upload(api, token)["messages"][0]["message"] == "The image is damaged or incomplete."
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.__dict__["outages"] == ["The image processor exited with -6: b''"]


def test_upload_avatar_requires_authentication_and_file(api: Api, token: str) -> None:
    assert error_of(api.upload("UploadAvatar", "image", JPEG, token="")) == "UNAUTHENTICATED"
    assert error_of(api("UploadAvatar", {"image": "a.jpg"}, token=token)) == "BAD_USER_INPUT"


def test_avatar_url_serves_only_the_image(api: Api, token: str, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.support.media_urls"
    url = upload(api, token)["avatarUrl"]
    response = Client().get(url)
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert b"".join(response).startswith(b"RIFF")
    assert Client().get(url + "x").status_code == 404
    assert Client().get("/media/../db.sqlite3").status_code == 400
