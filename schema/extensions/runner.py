"""Runs the hooks of the schema's extensions, which are looked up once and not per request."""

import contextlib
import inspect
from collections.abc import Callable
from functools import cache
from types import MethodType
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.extensions.context import (
    ExecutingContextManager,
    ExtensionContextManagerBase,
    OperationContextManager,
    ParsingContextManager,
    ValidationContextManager,
    WrappedHook,
)
from strawberry.extensions.runner import SchemaExtensionsRunner
from typing_extensions import override


@cache
def _as_manager(hook: Callable[..., Any]) -> Callable[..., Any]:
    """Return a hook as a context manager. Raises TypeError if it is not a generator function."""
    if not inspect.isgeneratorfunction(hook):
        message = f"{hook.__qualname__} must be a generator function."
        raise TypeError(message)
    return contextlib.contextmanager(hook)


class _KnownHooks(ExtensionContextManagerBase):
    """Strawberry's manager would inspect and wrap each hook again for each request."""

    @override
    def get_hook(self, extension: SchemaExtension) -> WrappedHook | None:
        hook = getattr(type(extension), self.HOOK_NAME)
        if hook is self.default_hook:
            return None
        return WrappedHook(extension, MethodType(_as_manager(hook), extension), is_async=False)


class _Operation(_KnownHooks, OperationContextManager):
    pass


class _Parsing(_KnownHooks, ParsingContextManager):
    pass


class _Validation(_KnownHooks, ValidationContextManager):
    pass


class _Executing(_KnownHooks, ExecutingContextManager):
    pass


class ExtensionsRunner(SchemaExtensionsRunner):
    """Runs extensions whose hooks are generator functions; ``on_stream_result`` can be async."""

    @override
    def operation(self) -> OperationContextManager:
        return _Operation(self.extensions)

    @override
    def parsing(self) -> ParsingContextManager:
        return _Parsing(self.extensions)

    @override
    def validation(self) -> ValidationContextManager:
        return _Validation(self.extensions)

    @override
    def executing(self) -> ExecutingContextManager:
        return _Executing(self.extensions)

    @override
    def get_extensions_results_sync(self) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for extension in self.extensions:
            data.update(extension.get_results())  # type: ignore[arg-type] # ours are not async
        return data
