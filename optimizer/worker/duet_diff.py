"""What differs between two versions of a module, and which definitions that reaches.

Both versions have to live in one process while every class exists once. So only what changed, and
what refers to it by name, is built anew for each version; everything else is shared. `Plan` names these
definitions. Where that cannot be faithful (a class's own shape changes, or a statement with an effect
uses what changed), `NotTogether` says why, and each version gets processes of its own.
"""

from __future__ import annotations

import ast

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*DEFINITIONS, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class NotTogether(Exception):
    """One process cannot hold both versions; the message says why."""


class Unit:
    """One top-level statement, or one member of a class."""

    def __init__(self, node):
        self.node = node
        self.text = ast.dump(node)
        self.kind = _kind(node)
        self.binds = bound_names(node)
        self.uses = _used_names(node)
        self.writes = {name for each in ast.walk(node) if isinstance(each, ast.Global) for name in each.names}


class Version:
    """One version's statements."""

    def __init__(self, text, filename):
        self.tree = ast.parse(text.lstrip("\ufeff"), filename)
        self.units = [Unit(node) for node in self.tree.body]
        self.texts = {unit.text for unit in self.units}

    def classes(self):
        """Every class outside functions, by its qualified name."""
        found = {}
        for path, node in _classes(self.tree.body, ""):
            if path in found:
                raise NotTogether("class %s is defined twice" % path)
            found[path] = node
        return found


class Plan:
    """Which definitions each version has of its own.

    `names` are top-level names, `members` maps a class's qualified name to the names in it, and
    `classes` are the classes that only the later version has.
    """

    def __init__(self):
        self.names = set()
        self.members = {}
        self.classes = set()

    def size(self):
        return len(self.names) + sum(map(len, self.members.values()))

    def add_member(self, path, name):
        self.members.setdefault(path, set()).add(name)


def compare(before, after, entries):
    """The plan for two versions, of which the functions named in `entries` are going to be called."""
    plan = Plan()
    _compare_statements(before, after, plan)
    _compare_classes(before, after, plan)
    for entry in entries:
        _add_entry(entry, before, plan)
    size = -1
    while size != plan.size():
        size = plan.size()
        for version in (before, after):
            _reach(version, plan)
    for version in (before, after):
        _check_shared_classes(version, plan)
    return plan


def selected(version, other, plan):
    """The units of `version` that are built for it alone, in order of the source."""
    for unit in version.units:
        if unit.kind == "future":
            yield unit
        elif unit.kind in ("main", "doc", "import") and unit.text in other.texts:
            continue
        elif unit.kind == "def":
            if unit.binds & plan.names:
                yield unit
        elif unit.kind == "class":
            if unit.node.name in plan.classes or _touches(unit.node.name, plan):
                yield unit
        elif unit.text not in other.texts or unit.uses & plan.names:
            yield unit


def bound_names(node):
    """The names that a statement binds in the scope that it stands in."""
    if isinstance(node, (*DEFINITIONS, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Store) else set()
    if isinstance(node, ast.ExceptHandler) and node.name:
        return {node.name}.union(*map(bound_names, node.body))
    if isinstance(node, SCOPES):
        return set()
    return set().union(*map(bound_names, ast.iter_child_nodes(node)))


def _used_names(node):
    loaded = {
        each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
    }
    return loaded | {
        name for each in ast.walk(node) if isinstance(each, ast.AugAssign) for name in bound_names(each)
    }


def _kind(node):
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return "future"
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return "import"
    if isinstance(node, DEFINITIONS):
        return "def"
    if isinstance(node, ast.ClassDef):
        return "class"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return "doc"
    if isinstance(node, ast.Assign) and all(_plain_target(target) for target in node.targets):
        return "assign"
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return "assign"
    if isinstance(node, ast.If) and _never_here(node.test):
        return "main"
    return "other"


def _plain_target(target):
    if isinstance(target, (ast.Tuple, ast.List)):
        return all(_plain_target(element) for element in target.elts)
    return isinstance(target, ast.Name)


def _never_here(test):
    """`if __name__ == "__main__"` and `if TYPE_CHECKING` do not run when a module is imported."""
    if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name):
        return test.left.id == "__name__"
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _classes(body, prefix):
    for node in body:
        if isinstance(node, ast.ClassDef):
            path = prefix + node.name
            yield path, node
            yield from _classes(node.body, path + ".")


def _compare_statements(before, after, plan):
    old, new = _definitions(before.units), _definitions(after.units)
    plan.names |= {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    for version, other in ((before, after), (after, before)):
        for unit in version.units:
            if unit.kind in ("def", "class", "doc", "future", "main") or unit.text in other.texts:
                continue
            _check_repeatable(unit)
            plan.names |= unit.binds


def _definitions(units):
    found = {}
    for unit in units:
        if unit.kind == "def":
            found.setdefault(unit.node.name, []).append(unit.text)
    return found


def _compare_classes(before, after, plan):
    old, new = before.classes(), after.classes()
    for path, node in new.items():
        if path in old:
            _compare_class(path, old[path], node, plan)
        elif "." in path and path.rpartition(".")[0] in old:
            raise NotTogether("class %s gets a new class inside" % path.rpartition(".")[0])
        elif "." not in path:
            if any(path in unit.binds for unit in before.units):
                raise NotTogether("%s becomes a class" % path)
            plan.classes.add(path)
            plan.names.add(path)
    for path in old.keys() - new.keys():
        if any(path in unit.binds for unit in after.units) or "." in path:
            raise NotTogether("%s is no longer the same class" % path)


def _compare_class(path, old, new, plan):
    if _header(old) != _header(new):
        raise NotTogether("the bases, decorators or keywords of class %s change" % path)
    old_units, new_units = ([Unit(each) for each in node.body] for node in (old, new))
    before, after = _definitions(old_units), _definitions(new_units)
    for name in before.keys() | after.keys():
        if before.get(name) != after.get(name):
            plan.add_member(path, name)
    old_rest, new_rest = _rest(old_units), _rest(new_units)
    for text in old_rest.keys() ^ new_rest.keys():
        unit = old_rest.get(text) or new_rest[text]
        if not _plain_attribute(unit.node):
            raise NotTogether("the body of class %s changes outside its methods" % path)
        for name in unit.binds:
            plan.add_member(path, name)


def _header(node):
    return [ast.dump(each) for each in (*node.bases, *node.keywords, *node.decorator_list)]


def _rest(units):
    return {unit.text: unit for unit in units if unit.kind not in ("def", "class", "doc")}


def _plain_attribute(node):
    """An unannotated `NAME = value`: no field, and nothing that Python itself gives a meaning to."""
    return isinstance(node, ast.Assign) and all(
        isinstance(target, ast.Name) and not target.id.startswith("__") for target in node.targets
    )


def _add_entry(entry, version, plan):
    first = entry.partition(".")[0]
    classes = version.classes()
    if first not in classes:
        for unit in version.units:
            if first in unit.binds and unit.kind != "import":
                _check_repeatable(unit)
                plan.names.add(first)
        return
    if entry in classes:
        for member in classes[entry].body:
            if isinstance(member, DEFINITIONS):
                plan.add_member(entry, member.name)
        return
    path, name = entry.partition(".<locals>")[0].rpartition(".")[::2]
    if path in classes:
        plan.add_member(path, name)


def _reach(version, plan):
    """Add what uses by name what is in the plan already, and what its functions write as globals."""
    for unit in version.units:
        if unit.kind in ("future", "doc", "import", "main", "class"):
            continue
        if unit.kind == "def" and unit.binds & plan.names:
            plan.names |= unit.writes
        if unit.uses & plan.names and not unit.binds <= plan.names:
            _check_repeatable(unit)
            plan.names |= unit.binds
        elif unit.kind == "other" and unit.uses & plan.names:
            _check_repeatable(unit)
    for path, node in version.classes().items():
        for member in node.body:
            if isinstance(member, DEFINITIONS):
                _reach_member(path, Unit(member), plan)


def _reach_member(path, unit, plan):
    name = unit.node.name
    if unit.uses & plan.names:
        plan.add_member(path, name)
    if name in plan.members.get(path, ()):
        plan.names |= unit.writes


def _check_repeatable(unit):
    if unit.kind in ("def", "assign", "import"):
        return
    simple = (*DEFINITIONS, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Pass, ast.Raise)
    if isinstance(unit.node, (ast.If, ast.Try)) and all(
        isinstance(each, simple) for each in _leaves(unit.node)
    ):
        return
    raise NotTogether("the top-level statement in line %d depends on what changes" % unit.node.lineno)


def _leaves(node):
    """The simple statements and definitions under `if` and `try`."""
    for name in ("body", "orelse", "handlers", "finalbody"):
        for child in getattr(node, name, ()):
            if isinstance(child, (ast.If, ast.Try, ast.ExceptHandler)):
                yield from _leaves(child)
            else:
                yield child


def _touches(name, plan):
    return any(path == name or path.startswith(name + ".") for path in plan.members)


def _check_shared_classes(version, plan):
    """Classes are shared, so nothing that makes them may depend on what differs."""
    for path, node in version.classes().items():
        if path.partition(".")[0] in plan.classes:
            continue
        for made_from in (*node.bases, *node.keywords, *node.decorator_list):
            _check_unused(path, made_from, plan.names)
        members = plan.members.get(path, set())
        for member in node.body:
            if isinstance(member, (*DEFINITIONS, ast.ClassDef)):
                continue
            if not (isinstance(member, ast.Assign) and bound_names(member) <= members):
                _check_unused(path, member, plan.names | members)


def _check_unused(path, node, names):
    if any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(node)):
        raise NotTogether("class %s is made with something that changes" % path)
