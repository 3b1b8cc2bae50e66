"""Plans are kept for each operation and each combination of the conditions, up to a limit."""

from typing import Any

import pytest

from schema.core.plan_cache import MAX_PLANS, PlanCache

Made = list[dict[str, Any]]


def plan(cache: PlanCache[int], name: str | None, made: Made, **variables: object) -> int:
    """Return the plan of an operation: the number of plans that were made before."""

    def make(conditions: dict[str, Any]) -> int:
        made.append(conditions)
        return len(made) - 1

    return cache.plan(name, variables, make)


def test_plan_is_made_once_whatever_the_other_variables_are() -> None:
    cache, made = PlanCache[int]([]), Made()
    assert [plan(cache, None, made, ids=["a"]), plan(cache, None, made, ids={"b": 1})] == [0, 0]
    assert made == [{}]


def test_each_operation_of_a_document_has_its_own_plan() -> None:
    cache, made = PlanCache[int]([]), Made()
    plans = [plan(cache, name, made) for name in ("A", "B", "A")]
    assert (plans, made) == ([0, 1, 0], [{}, {}])


def test_each_combination_of_conditions_has_its_own_plan() -> None:
    cache, made = PlanCache[int](["a", "b"]), Made()
    first = plan(cache, None, made, a=True, b=False, other=[1])
    second = plan(cache, None, made, a=True, other=[2])
    assert (first, second, plan(cache, None, made, b=False, a=True)) == (0, 1, 0)
    assert made == [{"a": True, "b": False}, {"a": True}]


def test_plans_beyond_the_limit_are_made_again() -> None:
    cache, made = PlanCache[int](["a"]), Made()
    values = range(MAX_PLANS + 1)
    assert [plan(cache, None, made, a=value) for value in values] == [*values]
    assert [plan(cache, None, made, a=value) for value in values] == [*values[:-1], MAX_PLANS + 1]


def test_plan_that_cannot_be_made_is_not_kept() -> None:
    cache, made = PlanCache[int]([]), Made()

    def fail(_conditions: dict[str, Any]) -> int:
        raise ValueError("no plan")

    with pytest.raises(ValueError, match="no plan"):
        cache.plan(None, {}, fail)
    assert (plan(cache, None, made), made) == (0, [{}])
