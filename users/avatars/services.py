"""Pictures of people: made safe, stored under random names, and never left behind."""

import logging
import secrets
import subprocess
import sys
from functools import partial
from threading import BoundedSemaphore

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models.fields.files import FieldFile

from users.avatars import image_processor
from users.avatars.image_processor import Refusal
from users.common.transactions import atomic_with_retry
from users.errors import FieldErrorCode
from users.models import User

logger = logging.getLogger(__name__)

MAX_BYTES = 5 * 1024 * 1024
SECONDS = 30
COMMAND = (sys.executable, "-I", str(image_processor.__file__))

MESSAGES = {
    Refusal.NOT_A_PICTURE: "Send a JPEG, PNG or WebP picture.",
    Refusal.TOO_MANY_PIXELS: "The picture has more than 25 megapixels.",
    Refusal.BROKEN: "The picture is broken or not complete.",
    Refusal.POLYGLOT: "The file holds more than a picture.",
}

# Each takes some 200 MB while it works; the others wait their turn.
_turn = BoundedSemaphore(1)


def replace(user: User, upload: "UploadedFile[bytes]") -> User:
    """Make ``upload`` the picture of ``user``.

    Raises ``ValidationError`` on ``image`` for anything but a whole JPEG, PNG or WebP
    of 5 MB and 25 megapixels at most.
    """
    large, small = _encode(upload)
    try:
        user.avatar.save(_random_name(), ContentFile(large), save=False)
        user.avatar_small.save(_random_name(), ContentFile(small), save=False)
        _save(user)
    except BaseException:
        # Only the new files are unsaved by now: the old ones go after the commit.
        _discard(user.avatar, user.avatar_small)
        raise
    return user


def remove(user: User) -> User:
    """Leave ``user`` without a picture."""
    user.avatar, user.avatar_small = "", ""
    _save(user)
    return user


@atomic_with_retry
def _save(user: User) -> None:
    # Read under the lock: another upload may have replaced what ``user`` knew.
    stored = User.objects.select_for_update().get(pk=user.pk)
    user.save(update_fields=["avatar", "avatar_small"])
    discard = partial(_discard, stored.avatar, stored.avatar_small)
    transaction.on_commit(discard, robust=True)


def _discard(*files: FieldFile) -> None:
    for file in files:
        if file:
            file.storage.delete(str(file.name))


def _random_name() -> str:
    return f"{secrets.token_urlsafe(16)}.webp"


def _encode(upload: "UploadedFile[bytes]") -> tuple[bytes, bytes]:
    if (upload.size or 0) > MAX_BYTES:
        raise _refused("The picture is larger than 5 MB.")
    done = _run_codec(upload)
    if done.returncode in MESSAGES:
        raise _refused(MESSAGES[Refusal(done.returncode)])
    if done.returncode:
        logger.error("The picture codec ended with %s: %s", done.returncode, done.stderr)
        raise _refused(MESSAGES[Refusal.BROKEN])
    length, pictures = int.from_bytes(done.stdout[:8], "big"), done.stdout[8:]
    return pictures[:length], pictures[length:]


def _run_codec(upload: "UploadedFile[bytes]") -> "subprocess.CompletedProcess[bytes]":
    with _turn:
        try:
            return subprocess.run(  # noqa: S603 - our own program, no shell
                COMMAND, input=upload.read(), capture_output=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(COMMAND, Refusal.BROKEN)


def _refused(message: str) -> ValidationError:
    return ValidationError({"image": ValidationError(message, code=FieldErrorCode.INVALID)})
