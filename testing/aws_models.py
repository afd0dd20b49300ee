"""What botocore and moto find out, once a process and not once a session or a call.

A test makes sessions of its own, as each Lambda function does. Each would read some ten megabytes
of JSON again, look through 400 folders, and inspect 130 signatures, which takes longer than most
tests. Each call would look through its class for the names of its methods, and spell names anew.
"""

import inspect
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

from botocore import hooks, session
from botocore.loaders import JSONFileLoader, Loader, create_loader

_read = cache(JSONFileLoader().load_file)
_found: defaultdict[str | None, dict[Any, Any]] = defaultdict(dict)
_inspected = hooks.accepts_kwargs
_SPELT_EACH_CALL = {
    "botocore.useragent": ("sanitize_user_agent_string_component",),
    "moto.core.responses": ("camelcase_to_underscores", "method_names_from_class"),
}


class _ReadOnce(JSONFileLoader):
    def load_file(self, file_path: str) -> Any:  # noqa: ANN401 - whatever the file holds
        return _read(file_path)


def _loader(search_path: str | None = None) -> Loader:
    """Make a loader that knows what others of the same search path have found."""
    loader = create_loader(search_path)
    vars(loader).update(_cache=_found[search_path])
    return loader


def _accepts_kwargs(handler: Callable[..., Any]) -> bool:
    """Return True if the handler takes any keyword; a function's code says so by itself."""
    code = getattr(getattr(handler, "__func__", handler), "__code__", None)
    if code is None:
        return bool(_inspected(handler))
    return bool(code.co_flags & inspect.CO_VARKEYWORDS)


def read_models_once() -> None:
    """Let all sessions and calls of this process share what one of them has found out.

    To be called after moto is imported, if it is to be: not every test needs it.
    """
    Loader.FILE_LOADER_CLASS = _ReadOnce
    vars(session).update(create_loader=_loader)
    vars(hooks).update(accepts_kwargs=_accepts_kwargs)
    for module in map(sys.modules.get, _SPELT_EACH_CALL):
        for name in _SPELT_EACH_CALL[module.__name__] if module else ():
            setattr(module, name, cache(getattr(module, name)))
