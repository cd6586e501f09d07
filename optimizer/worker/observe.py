"""Import one version of a module and tell, for every recipe, everything that a caller could see of the call.

payload:
    file, module, aliases, text     which file the text is served for, and under which names it is imported
    roots                           folders whose modules are the project's own
    qualnames, sample_of            what is called; `sample_of` names it for each recorded call
    samples, inputs_file            recorded calls
    recipes                         what to try (see `recipes`); None stands for all recorded calls
    classes                         names of classes whose instances are used further when a call gives one
    plans                           how to use them, by class; made here when None
    cpu_seconds                     what one recipe may take
    limits                          the same for each recipe by itself, or None
messages: {"imported": ...} first, then {"index", "how", "outcome", "seconds"} for each recipe. After a few that did
not end in time the rest is not tried.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
import tempfile
import warnings

from . import load
from .canon import Canon
from .isolate import isolated
from .observe_call import Story
from .observe_errors import error_node
from .observe_globals import ModuleState, Owners
from .recipes import Context
from .walk import plan_for

MAX_RECORDED = 400


def run(payload, send):
    """Tell of the import, then of every recipe in order."""
    version = Version(payload)
    send({"imported": version.imported})
    if not version.imported["ok"]:
        return
    recipes = payload["recipes"]
    if recipes is None:
        recipes = [{"base": ["call", n], "found_by": "recorded"} for n in range(version.count)]
    limits = payload.get("limits") or [payload["cpu_seconds"]] * len(recipes)
    stopped = 0
    for index, (recipe, limit) in enumerate(zip(recipes, limits)):
        outcome, how, seconds = version.observe(recipe, limit)
        send({"index": index, "how": how, "outcome": outcome, "seconds": seconds})
        stopped += how == "timeout"
        if stopped >= payload.get("most_stopped", len(recipes)):
            return


class Version:
    """One version of the module, imported, ready to be called again and again from the same state."""

    def __init__(self, payload):
        self._payload = payload
        self._folder = os.path.realpath(tempfile.mkdtemp(prefix="run-"))
        self._start = os.getcwd()
        self.raw_output = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - for as long as the process lives
        self.own = Owners(payload["roots"], (payload["module"], *payload["aliases"]))
        self.plans = payload.get("plans")
        self.count = 0
        self.cpu_seconds = payload["cpu_seconds"]
        self._functions = {}
        self.imported = self._import()
        # Copies of this process neither walk through nor copy what it holds.
        gc.collect()
        gc.freeze()

    def observe(self, recipe, cpu_seconds):
        """(outcome, how, seconds) of one recipe; see `isolate.isolated`."""
        folder = self.fresh_folder()
        try:
            return isolated(lambda: self._tell(recipe, folder), cpu_seconds, wall_limit(cpu_seconds))
        finally:
            self.remove(folder)

    def function_for(self, recipe):
        """What a recipe calls."""
        name = recipe.get("target") or self._recorded_of(recipe) or self._payload["qualnames"][0]
        if name not in self._functions:
            self._functions[name] = callable_at(self._payload["module"], name)
        return self._functions[name]

    def plan_of(self, value):
        """How to use an instance that a call gave, or None when it is not to be used further."""
        return self.plans.get(type(value).__qualname__) if self.own(type(value).__module__) else None

    def is_representative(self, recipe):
        """Whether what depends on the class alone is to be looked at with this input."""
        return self.count == 0 or (
            recipe["base"][0] == "call" and not recipe.get("ops") and not recipe.get("earlier")
        )

    def _recorded_of(self, recipe):
        owners = self._payload["sample_of"]
        kind, number = recipe["base"]
        return owners[number] if kind == "call" and number < len(owners) else None

    def _tell(self, recipe, folder):
        os.chdir(folder)
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 1000))
        return Story(self, recipe, folder).tell()

    def fresh_folder(self):
        """A folder of its own for one call, in which the files of the start folder can be read."""
        folder = os.path.join(self._folder, "cwd")
        os.makedirs(folder, exist_ok=True)
        for name in os.listdir(self._start)[:200]:
            with contextlib.suppress(OSError):
                os.symlink(os.path.join(self._start, name), os.path.join(folder, name))
        return folder

    def remove(self, folder):
        """Empty a folder; what cannot be removed is left behind in the scratch space."""
        try:
            names = os.listdir(folder)
        except OSError:
            return
        for name in names:
            path = os.path.join(folder, name)
            try:
                os.unlink(path)
            except OSError:
                self.remove(path)
                with contextlib.suppress(OSError):
                    os.rmdir(path)

    def _import(self):
        output, told = io.StringIO(), []
        canon = Canon(own=self.own, folder=self._folder)
        load.serve(self._payload["file"], self._payload["text"])
        try:
            with contextlib.redirect_stdout(output), warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                module = self._module()
        except BaseException as error:
            return {"ok": False, "error": error_node(canon, error, (None, "import"))}
        self.module = module
        self.context = Context(
            module.__dict__, samples=self._payload["samples"], inputs_file=self._payload["inputs_file"]
        )
        self.context.compile_inputs()
        others = [(name, other) for name, other in self.own.modules() if other is not module]
        self.state = ModuleState(module, others, self.own)
        imported = {
            "ok": True,
            "output": canon.text(output.getvalue()),
            "warnings": [
                [w.category.__name__, canon.text(str(w.message))]
                for w in told
                if not issubclass(w.category, (ResourceWarning, SyntaxWarning))
            ],
            "data": {name: node for name, node in self.state.nodes.items() if ":" not in name},
        }
        return {**imported, **self._prepare()}

    def _prepare(self):
        """Find what is called and the recorded calls; a failure of either is told."""
        try:
            target = callable_at(self._payload["module"], self._payload["qualnames"][0])
        except BaseException as error:
            return {"ok": False, "error": {"type": type(error).__name__, "text": str(error), "missing": True}}
        if self.plans is None:
            self.plans = self._plans(target)
        counted, how, _ = isolated(self._counted, 20, 40)
        if how == "ok" and "count" in counted:
            self.count = min(counted["count"], MAX_RECORDED)
            counted = {}
        elif how != "ok":
            counted = {"inputs failed": counted}
        return {"plans": self.plans, "count": self.count, **counted}

    def _plans(self, target):
        """A plan for the class that is called, and for the classes that the change touches."""
        classes = [target] if isinstance(target, type) else []
        for name in self._payload["classes"]:
            with contextlib.suppress(Exception):
                classes.append(load.resolve(self._payload["module"], name))
        return {cls.__qualname__: plan_for(cls) for cls in classes if isinstance(cls, type)}

    def _counted(self):
        try:
            return {"count": self.context.count()}
        except BaseException as error:
            return {"inputs failed": "%s: %s" % (type(error).__name__, error)}

    def _module(self):
        name = self._payload["module"]
        module = load.import_or_load(name, self._payload["file"], self._payload["text"])
        for alias in self._payload["aliases"]:
            sys.modules.setdefault(alias, module)
        return module


def wall_limit(cpu_seconds):
    """How long something may take that has so much CPU time, on a machine that does other things as well."""
    return 4 * cpu_seconds + 2


def callable_at(module, qualname):
    """What is called for a qualname: the function under a method's or property's wrapping, or the class."""
    found = load.resolve(module, qualname)
    if isinstance(found, (staticmethod, classmethod)):
        return found.__func__
    if isinstance(found, property):
        return found.fget
    return getattr(found, "func", found) if type(found).__name__ == "cached_property" else found
