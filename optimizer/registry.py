"""Find the transforms: those of the package `transforms`, and those that other distributions offer."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TypeGuard

from optimizer.errors import ConfigError
from optimizer.transform import Transform

PACKAGE = "transforms"
GROUP = "optimizer.transforms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All transforms by name, in order, and a sentence for each entry point that could not be used."""

    transforms: tuple[Transform, ...]
    broken: tuple[str, ...] = ()

    def named(self, name: str) -> Transform:
        """One transform. Raises ConfigError when there is none of that name."""
        for transform in self.transforms:
            if transform.name == name:
                return transform
        near = difflib.get_close_matches(name, [each.name for each in self.transforms], n=1)
        hint = f"did you mean {near[0]!r}" if near else "`optimize rules` lists them"
        message = f"There is no rule {name!r}; {hint}?" if near else f"There is no rule {name!r}; {hint}."
        raise ConfigError(message)

    def chosen(self, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Transform, ...]:
        """The transforms in `select` (all when it is empty) that are not in `ignore`."""
        wanted = {self.named(name).name for name in select}
        unwanted = {self.named(name).name for name in ignore}
        chosen = (each for each in self.transforms if not wanted or each.name in wanted)
        return tuple(each for each in chosen if each.name not in unwanted)


def load(package: str = PACKAGE, points: Iterable[EntryPoint] | None = None) -> Registry:
    """Every transform there is. One that fails to load from an entry point is reported, not fatal."""
    found: dict[str, Transform] = {transform.name: transform for transform in _in_package(package)}
    broken: list[str] = []
    for point in entry_points(group=GROUP) if points is None else points:
        try:
            offered = _offered(point)
        except Exception as error:  # noqa: BLE001 - another distribution's code is being imported
            said = f"{type(error).__name__}: {error}"
            broken.append(f"The rules of entry point {point.name!r} cannot be used: {said}")
            continue
        for transform in offered:
            if transform.name in found:
                broken.append(
                    f"Entry point {point.name!r} offers {transform.name!r}, which is already there."
                )
            else:
                found[transform.name] = transform
    return Registry(transforms=tuple(found[name] for name in sorted(found)), broken=tuple(broken))


def _in_package(name: str) -> Iterator[Transform]:
    package = importlib.import_module(name)
    for folder in package.__path__:
        # The folders of the families are no packages of their own, so the file system is asked.
        for file in sorted(Path(folder).rglob("*.py")):
            parts = file.relative_to(folder).with_suffix("").parts
            if all(part.isidentifier() for part in parts) and parts[-1] != "__init__":
                yield from _defined_in(importlib.import_module(".".join([name, *parts])))


def _defined_in(module: ModuleType) -> Iterator[Transform]:
    """An instance of every concrete transform that the module itself defines."""
    for value in vars(module).values():
        if _is_transform(value) and value.__module__ == module.__name__:
            yield value()


def _offered(point: EntryPoint) -> list[Transform]:
    """An entry point names a class, a module with classes, or a function that returns transforms."""
    loaded = point.load()
    if isinstance(loaded, ModuleType):
        values: Iterable[object] = _defined_in(loaded)
    elif _is_transform(loaded) or not callable(loaded):
        values = [loaded]
    else:
        values = loaded()
    return [_checked(value() if _is_transform(value) else value) for value in values]


def _is_transform(value: object) -> TypeGuard[type[Transform]]:
    return inspect.isclass(value) and issubclass(value, Transform) and not inspect.isabstract(value)


def _checked(value: object) -> Transform:
    if not isinstance(value, Transform):
        message = f"{value!r} is not a Transform"
        raise TypeError(message)
    for needed in ("family", "nodes", "examples"):
        if not hasattr(value, needed):
            message = f"{type(value).__name__} has no `{needed}`"
            raise TypeError(message)
    return value
