"""Searches, ``iExact``, ``nextAvailable``, ``specialties`` and sort orders over HTTP.

They give the same answers on every database, whatever its collation.
"""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from clinic.models import Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_doctor
from tests.support.scale import HYPOTHESIS, SCALE
from tests.support.spellings import NAMES, searches, spellings
from users.authentication import refresh_tokens
from users.folding import equality_key, search_key
from users.models import User

pytestmark = pytest.mark.django_db

FIND = "query ($f: DoctorFilter) { doctors(filters: $f) { edges { node { user { firstName } } } } }"
ORDERED = """
query ($ordering: [DoctorOrder!]!, $after: String) {
  doctors(ordering: $ordering, first: 2, after: $after) {
    edges { node { specialty user { lastName } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
NEXT = "query ($specialty: String!) { nextAvailable(specialty: $specialty) { doctor { id } } }"


def rename(user: User, first_name: str, last_name: str) -> None:
    User.objects.filter(pk=user.pk).update(first_name=first_name, last_name=last_name)


def first_names(page: dict[str, Any]) -> list[str]:
    return [edge["node"]["user"]["firstName"] for edge in page["edges"]]


def found(api: Api, user: User, **filters: object) -> list[str]:
    return first_names(api(FIND, {"f": filters}, user=user)["data"]["doctors"])


@pytest.fixture
def no_rate_limit(settings: Settings) -> None:
    """The full run sends more requests in a minute than one account is allowed to."""
    settings.RATELIMIT_ENABLE = settings.RATE_LIMIT_ENABLED = False


@pytest.fixture
def brien(dora: Doctor) -> Doctor:
    """Dora, renamed, with an accent in her specialty."""
    rename(dora.user, "Ærin", "O\u2019Brien-Müller")
    Doctor.objects.filter(pk=dora.pk).update(specialty="Pädiatrie, Früh-Förderung")
    return dora


@pytest.mark.parametrize(
    "search",
    [
        "MÜLLER",
        "müller",
        "Mu\u0308ller",
        "muller",
        "O'Brien",
        "o\u2018brien",
        "OBRIEN",
        "O Brien",
        "O\u2019Brien\u2011Müller",
        "obrienmuller",
        "Müller, Ærin",
        "Dr. Müller",
        "Prof. Dr. med. AERIN O'Brien",
        "pädiatrie müller",
        "PADIATRIE",
        "frühförderung",
        "dr.Müller",
    ],
)
def test_doctor_search_finds_every_spelling(
    api: Api, ann: Patient, brien: Doctor, emil: Doctor, search: str
) -> None:
    assert found(api, ann.user, search=search) == ["Ærin"]


@pytest.mark.parametrize("search", ["%", "_", "\\", "M%ller", "M_ller", "müller emil", "mueller"])
def test_doctor_search_takes_no_wildcards_and_needs_every_word(
    api: Api, ann: Patient, brien: Doctor, emil: Doctor, search: str
) -> None:
    assert found(api, ann.user, search=search) == []


@pytest.mark.parametrize("search", ["Dr.", "Prof. Dr. med.", " , ", "\u2019", None])
def test_search_for_what_is_ignored_finds_everyone(
    api: Api, ann: Patient, brien: Doctor, emil: Doctor, search: str | None
) -> None:
    assert found(api, ann.user, search=search) == ["Emil", "Ærin"]


@pytest.mark.usefixtures("no_rate_limit")
def test_doctor_search_finds_generated_spellings(api: Api, ann: Patient, dora: Doctor) -> None:
    token = refresh_tokens.start(ann.user).access_token

    @settings(HYPOTHESIS, max_examples=SCALE.clinics)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        first, last, specialty = (data.draw(NAMES) for _ in range(3))
        rename(dora.user, first, last)
        Doctor.objects.filter(pk=dora.pk).update(specialty=specialty)
        search = data.draw(searches(first, last))
        assume(len(search) <= 200 and len(search.split()) <= 10)
        i_exact = data.draw(spellings(specialty))
        filters = {"search": search, "specialty": {"iExact": i_exact}}
        page = api(FIND, {"f": filters}, token=token)["data"]["doctors"]
        assert first_names(page) == [first]
        earliest = api(NEXT, {"specialty": i_exact}, token=token)["data"]["nextAvailable"]
        assert len(earliest) == 1

    check()


@pytest.mark.usefixtures("no_rate_limit")
def test_doctor_search_does_not_find_another_generated_name(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    token = refresh_tokens.start(ann.user).access_token

    @settings(HYPOTHESIS, max_examples=SCALE.clinics)
    @given(name=NAMES, another=NAMES)
    def check(name: str, another: str) -> None:
        assume(search_key(another)[:3] not in search_key(f"{name} Example Cardiology"))
        assume(equality_key(name) != equality_key(another))
        rename(dora.user, name, "Example")
        Doctor.objects.filter(pk=dora.pk).update(specialty="Cardiology")
        joined = search_key(another)
        page = api(FIND, {"f": {"search": joined}}, token=token)["data"]["doctors"]
        assert first_names(page) == []
        Doctor.objects.filter(pk=dora.pk).update(specialty=name)
        page = api(FIND, {"f": {"specialty": {"iExact": another}}}, token=token)["data"]["doctors"]
        assert first_names(page) == []

    check()


@pytest.mark.parametrize("search", ["MÜLLER", "muller, ann", "Dr. Mu\u0308ller"])
def test_patient_search_finds_every_spelling(
    api: Api, ann: Patient, ben: Patient, dora: Doctor, search: str
) -> None:
    rename(ann.user, "Ann", "Müller")
    book_as_patient(ann, dora)
    answer = api("MyPatients", {"search": search}, user=dora.user)
    assert first_names(answer["data"]["patients"]) == ["Ann"]


@pytest.mark.parametrize(
    ("lookup", "names"),
    [
        ({"iExact": "PÄDIATRIE"}, ["Dora", "Emil"]),
        ({"iExact": "pa\u0308diatrie "}, ["Dora", "Emil"]),
        ({"iExact": "Padiatrie"}, ["Fred"]),
        ({"iExact": "Pädiatri"}, []),
        ({"exact": "Pädiatrie"}, ["Dora"]),
        ({"exact": "pädiatrie"}, []),
        ({"exact": " Pa\u0308diatrie "}, ["Dora"]),
        ({"inList": ["Padiatrie", "PÄDIATRIE"]}, ["Emil", "Fred"]),
    ],
)
def test_specialty_filter_compares_alike_on_every_database(
    api: Api, ann: Patient, lookup: dict[str, object], names: list[str]
) -> None:
    for name, specialty in (("Dora", "Pädiatrie"), ("Emil", "PÄDIATRIE"), ("Fred", "Padiatrie")):
        make_doctor(name, specialty)
    assert found(api, ann.user, specialty=lookup) == names


def test_specialties_lists_each_specialty_once_in_its_commonest_spelling(
    api: Api, ann: Patient
) -> None:
    spelt = [
        *("CARDIOLOGY", "Cardiology", "cardiology", "Cardiology"),
        *("Pa\u0308diatrie", "PÄDIATRIE", "Pädiatrie"),
        *("urology", "Urology"),
        *("Äugenheilkunde", "Augenheilkunde", "Zahnmedizin", "öffentliche Gesundheit"),
    ]
    doctors = [make_doctor(f"D{n}") for n in range(len(spelt))]
    for doctor, specialty in zip(doctors, spelt, strict=True):
        Doctor.objects.filter(pk=doctor.pk).update(specialty=specialty)
    answer = api("Specialties", user=ann.user)["data"]["specialties"]
    assert answer == [
        *("Augenheilkunde", "Äugenheilkunde", "Cardiology", "öffentliche Gesundheit"),
        *("Pädiatrie", "urology", "Zahnmedizin"),
    ]
    counts = [
        len(api(NEXT, {"specialty": name}, user=ann.user)["data"]["nextAvailable"])
        for name in answer
    ]
    assert counts == [1, 1, 4, 1, 3, 2, 1]


SORTED = ["apfel", "Äpfel", "Apfelbaum", "O\u2019Brien", "Obst", "öhm", "Vance", "van Dyk", "Zeh"]


def pages(api: Api, user: User, ordering: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return all nodes, read in pages of two."""
    nodes: list[dict[str, Any]] = []
    after = None
    while True:
        variables = {"ordering": ordering, "after": after}
        page = api(ORDERED, variables, user=user)["data"]["doctors"]
        nodes += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("ordering", [[], [{"lastName": "ASC"}], [{"lastName": "DESC"}]])
def test_doctors_are_sorted_by_name_as_people_read_it(
    api: Api, ann: Patient, ordering: list[dict[str, str]]
) -> None:
    # First names sort "Äpfel" after "apfel", whose last names are the same to a reader.
    for n, name in enumerate(reversed(SORTED)):
        doctor = make_doctor(f"D{n}")
        rename(doctor.user, "b" if name == "Äpfel" else "a", name)
    expected = list(SORTED)
    if ordering:
        # By id instead: Äpfel was added first.
        expected[:2] = reversed(expected[:2])
    if ordering == [{"lastName": "DESC"}]:
        expected = [*reversed(expected[2:]), *expected[:2]]
    assert [node["user"]["lastName"] for node in pages(api, ann.user, ordering)] == expected


def test_doctors_are_sorted_by_specialty_ignoring_case_and_accents(api: Api, ann: Patient) -> None:
    for n, specialty in enumerate(["Zahn", "auge", "Äuge", "Augen"]):
        make_doctor(f"D{n}", specialty)
    nodes = pages(api, ann.user, [{"specialty": "ASC"}])
    assert [node["specialty"] for node in nodes] == ["auge", "Äuge", "Augen", "Zahn"]
