"""Registration of functions while the application starts."""

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def add_once(functions: list[Function], function: Function) -> None:
    """Append ``function`` unless the list has it.

    Django calls ``AppConfig.ready()`` again for each further registry of apps, such as one of
    ``isolate_apps()``. A listener that is registered twice would send each email twice.
    """
    if function not in functions:
        functions.append(function)
