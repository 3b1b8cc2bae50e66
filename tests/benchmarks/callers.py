"""What the scene tells whoever writes requests."""

import base64
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Caller:
    """An account, and an access token of it as each peer makes them."""

    user_id: int
    email: str
    tokens: dict[str, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """An appointment that can be had: which patient, which doctor, when."""

    patient: int
    doctor_id: int
    date: str
    time: str


@dataclass(frozen=True, slots=True)
class Scene:
    doctor: Caller
    doctor_id: int
    patients: list[Caller]
    specialty: str
    password: str
    wishes: list[Wish]
    # Where each GraphQL peer's second page begins, once it was asked.
    cursors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, scene: dict[str, Any]) -> "Scene":
        return cls(
            doctor=Caller(**scene.pop("doctor")),
            patients=[Caller(**patient) for patient in scene.pop("patients")],
            wishes=[Wish(**wish) for wish in scene.pop("wishes")],
            **scene,
        )


def global_id(type_name: str, pk: int) -> str:
    return base64.b64encode(f"{type_name}:{pk}".encode()).decode()


def pk_of(id_: str) -> int:
    return int(base64.b64decode(id_).decode().partition(":")[2])
