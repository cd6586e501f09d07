"""Values of `model` as plain JSON data, and back again, strictly."""

from __future__ import annotations

from typing import Any, TypeVar

import cattrs

T = TypeVar("T")

_CONVERTER = cattrs.Converter(forbid_extra_keys=True)


def to_plain(value: object) -> Any:
    """`value` as dicts, lists, strings and numbers only."""
    return _CONVERTER.unstructure(value)


def from_plain(cls: type[T], data: object) -> T:
    """The value of type `cls` that `data` describes; raises cattrs' exception group when it does not fit."""
    return _CONVERTER.structure(data, cls)
