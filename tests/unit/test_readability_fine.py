"""Changes that a reviewer would take: none may be refused."""

from __future__ import annotations

import pytest

from optimizer.readability.gate import read_files

# name, before, after
FINE = (
    (
        "regex hoisted with flags constant",
        """\
import re

def f(text):
    return [m.group(1) for m in re.finditer(r"<(\\w+)[^>]*>", text, re.DOTALL | re.IGNORECASE)]
""",
        """\
import re

_TAG = re.compile(r"<(\\w+)[^>]*>", re.DOTALL | re.IGNORECASE)


def f(text):
    return [m.group(1) for m in _TAG.finditer(text)]
""",
    ),
    (
        "set to frozenset constant",
        """\
def f(word):
    return word.lower() in {"the", "a", "an", "of", "and", "or", "in", "to", "for", "with", "on", "at", "by"}
""",
        """\
_STOP_WORDS = frozenset({"the", "a", "an", "of", "and", "or", "in", "to", "for", "with", "on", "at", "by"})


def f(word):
    return word.lower() in _STOP_WORDS
""",
    ),
    (
        "dict table to constant",
        """\
def f(kind):
    sizes = {"small": 10, "medium": 25, "large": 70, "huge": 140}
    return sizes[kind]
""",
        """\
_SIZES = {"small": 10, "medium": 25, "large": 70, "huge": 140}


def f(kind):
    return _SIZES[kind]
""",
    ),
    (
        "with wrapping",
        """\
def f(path):
    handle = open(path)
    try:
        return handle.read()
    finally:
        handle.close()
""",
        """\
def f(path):
    with open(path) as handle:
        return handle.read()
""",
    ),
    (
        "with around a deep loop",
        """\
def f(path):
    rows = []
    handle = open(path)
    for line in handle:
        for part in line.split():
            if part:
                rows.append(part)
    handle.close()
    return rows
""",
        """\
def f(path):
    rows = []
    with open(path) as handle:
        for line in handle:
            for part in line.split():
                if part:
                    rows.append(part)
    return rows
""",
    ),
    (
        "any loop to any",
        """\
def f(rows):
    for row in rows:
        if row.failed:
            return True
    return False
""",
        """\
def f(rows):
    return any(row.failed for row in rows)
""",
    ),
    (
        "any to loop",
        """\
def f(rows):
    return any(row.failed for row in rows)
""",
        """\
def f(rows):
    for row in rows:
        if row.failed:
            return True
    return False
""",
    ),
    (
        "dataclass to namedtuple with methods",
        '''\
from dataclasses import dataclass

@dataclass(frozen=True)
class Money:
    """An amount."""

    amount: int
    currency: str = "EUR"

    def text(self):
        return f"{self.amount} {self.currency}"
''',
        '''\
from typing import NamedTuple

class Money(NamedTuple):
    """An amount."""

    amount: int
    currency: str = "EUR"

    def text(self):
        return f"{self.amount} {self.currency}"
''',
    ),
    (
        "try to get",
        """\
def f(table, key):
    try:
        return table[key]
    except KeyError:
        return None
""",
        """\
def f(table, key):
    return table.get(key)
""",
    ),
    (
        "get to try",
        """\
def f(table, key):
    if key in table:
        return table[key]
    return build(key)
""",
        """\
def f(table, key):
    try:
        return table[key]
    except KeyError:
        return build(key)
""",
    ),
    (
        "required literal before a regex",
        """\
import re
_MAIL = re.compile(r"[\\w.]+@[\\w.]+")

def f(line):
    found = _MAIL.search(line)
    if found:
        return found.group()
    return None
""",
        """\
import re
_MAIL = re.compile(r"[\\w.]+@[\\w.]+")

def f(line):
    if "@" not in line:
        return None
    found = _MAIL.search(line)
    if found:
        return found.group()
    return None
""",
    ),
    (
        "required literal in the condition",
        """\
def f(lines):
    out = []
    for line in lines:
        if MAIL.search(line):
            out.append(line)
    return out
""",
        """\
def f(lines):
    out = []
    for line in lines:
        if "@" in line and MAIL.search(line):
            out.append(line)
    return out
""",
    ),
    (
        "join over a list",
        """\
def f(rows):
    return ", ".join(row.name.title() for row in rows)
""",
        """\
def f(rows):
    return ", ".join([row.name.title() for row in rows])
""",
    ),
    (
        "string building to join",
        """\
def f(rows):
    text = ""
    for row in rows:
        text += row.name + "\\n"
    return text
""",
        """\
def f(rows):
    return "".join([row.name + "\\n" for row in rows])
""",
    ),
    (
        "dedupe",
        """\
def f(rows):
    seen = set()
    out = []
    for row in rows:
        if row not in seen:
            seen.add(row)
            out.append(row)
    return out
""",
        """\
def f(rows):
    return list(dict.fromkeys(rows))
""",
    ),
    (
        "map lambda to comprehension",
        """\
def f(users):
    return list(map(lambda user: user.name, filter(lambda user: user.active, users)))
""",
        """\
def f(users):
    return [user.name for user in users if user.active]
""",
    ),
    (
        "enumerate",
        """\
def f(rows):
    out = []
    for i in range(len(rows)):
        out.append(f"{i}: {rows[i]}")
    return out
""",
        """\
def f(rows):
    return [f"{i}: {row}" for i, row in enumerate(rows)]
""",
    ),
    (
        "zip",
        """\
def f(names, prices):
    out = {}
    for i in range(len(names)):
        out[names[i]] = prices[i]
    return out
""",
        """\
def f(names, prices):
    return dict(zip(names, prices))
""",
    ),
    (
        "sum",
        """\
def f(rows):
    total = 0
    for row in rows:
        if row.paid:
            total += row.price
    return total
""",
        """\
def f(rows):
    return sum(row.price for row in rows if row.paid)
""",
    ),
    (
        "min with key",
        """\
def f(rows):
    return sorted(rows, key=lambda row: row.price)[0]
""",
        """\
def f(rows):
    return min(rows, key=lambda row: row.price)
""",
    ),
    (
        "argmax loop to max",
        """\
def f(rows):
    best = None
    for row in rows:
        if best is None or row.score > best.score:
            best = row
    return best
""",
        """\
def f(rows):
    return max(rows, key=lambda row: row.score, default=None)
""",
    ),
    (
        "heapq",
        """\
def f(rows):
    return sorted(rows)[:10]
""",
        """\
import heapq


def f(rows):
    return heapq.nsmallest(10, rows)
""",
    ),
    (
        "deque",
        """\
def f(start):
    queue = [start]
    seen = {start}
    while queue:
        node = queue.pop(0)
        for other in node.links:
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return seen
""",
        """\
from collections import deque


def f(start):
    queue = deque([start])
    seen = {start}
    while queue:
        node = queue.popleft()
        for other in node.links:
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return seen
""",
    ),
    (
        "index by id",
        """\
def f(orders, customers):
    out = []
    for order in orders:
        for customer in customers:
            if customer.id == order.customer_id:
                out.append((order, customer))
                break
    return out
""",
        """\
def f(orders, customers):
    by_id = {}
    for customer in customers:
        by_id.setdefault(customer.id, customer)
    out = []
    for order in orders:
        if order.customer_id in by_id:
            out.append((order, by_id[order.customer_id]))
    return out
""",
    ),
    (
        "startswith tuple",
        """\
def f(line):
    return line.startswith("#") or line.startswith("//") or line.startswith(";")
""",
        """\
def f(line):
    return line.startswith(("#", "//", ";"))
""",
    ),
    (
        "partition",
        """\
def f(line):
    return line.split("=")[0].strip()
""",
        """\
def f(line):
    return line.partition("=")[0].strip()
""",
    ),
    (
        "cache",
        """\
def f(name):
    return expensive(name)
""",
        """\
from functools import cache


@cache
def f(name):
    return expensive(name)
""",
    ),
    (
        "hoisted invariant call",
        """\
def f(rows, config):
    out = []
    for row in rows:
        if row.size > config.limit("size"):
            out.append(row)
    return out
""",
        """\
def f(rows, config):
    out = []
    limit = config.limit("size")
    for row in rows:
        if row.size > limit:
            out.append(row)
    return out
""",
    ),
    (
        "hoisted view",
        """\
def f(graph, nodes):
    for node in nodes:
        for other in graph.adj[node]:
            visit(node, other)
""",
        """\
def f(graph, nodes):
    adjacent = graph.adj
    for node in nodes:
        for other in adjacent[node]:
            visit(node, other)
""",
    ),
    (
        "set algebra",
        """\
def f(left, right):
    return {item for item in left if item in right}
""",
        """\
def f(left, right):
    return left & right
""",
    ),
    (
        "isdisjoint",
        """\
def f(left, right):
    for item in left:
        if item in right:
            return False
    return True
""",
        """\
def f(left, right):
    return set(left).isdisjoint(right)
""",
    ),
    (
        "flat deepcopy",
        """\
import copy

def f(table):
    return copy.deepcopy(table)
""",
        """\
def f(table):
    return {name: list(rows) for name, rows in table.items()}
""",
    ),
    (
        "if chain to table",
        """\
def f(code):
    if code == "a":
        return "alpha"
    elif code == "b":
        return "beta"
    elif code == "c":
        return "gamma"
    return "other"
""",
        """\
_NAMES = {"a": "alpha", "b": "beta", "c": "gamma"}


def f(code):
    return _NAMES.get(code, "other")
""",
    ),
    (
        "counter",
        """\
def f(rows):
    counts = {}
    for row in rows:
        counts[row.kind] = counts.get(row.kind, 0) + 1
    return counts
""",
        """\
from collections import Counter


def f(rows):
    return Counter(row.kind for row in rows)
""",
    ),
    (
        "chain",
        """\
def f(groups):
    out = []
    for group in groups:
        for row in group.rows:
            out.append(row)
    return out
""",
        """\
from itertools import chain


def f(groups):
    return list(chain.from_iterable(group.rows for group in groups))
""",
    ),
    (
        "two loops without filter",
        """\
def f(groups):
    out = []
    for group in groups:
        for row in group.rows:
            out.append(row.name)
    return out
""",
        """\
def f(groups):
    return [row.name for group in groups for row in group.rows]
""",
    ),
    (
        "extend",
        """\
def f(groups):
    out = []
    for group in groups:
        for row in group.rows:
            out.append(row.name)
    return out
""",
        """\
def f(groups):
    out = []
    for group in groups:
        out.extend(row.name for row in group.rows)
    return out
""",
    ),
    (
        "walrus in an if",
        """\
def f(lines):
    out = []
    for line in lines:
        if MAIL.match(line):
            out.append(MAIL.match(line).group())
    return out
""",
        """\
def f(lines):
    out = []
    for line in lines:
        if (found := MAIL.match(line)) is not None:
            out.append(found.group())
    return out
""",
    ),
    (
        "while walrus",
        """\
def f(handle):
    chunk = handle.read(4096)
    while chunk:
        feed(chunk)
        chunk = handle.read(4096)
""",
        """\
def f(handle):
    while chunk := handle.read(4096):
        feed(chunk)
""",
    ),
    (
        "slots",
        """\
class Node:
    def __init__(self, value):
        self.value = value
        self.links = []
""",
        """\
class Node:
    __slots__ = ("value", "links")

    def __init__(self, value):
        self.value = value
        self.links = []
""",
    ),
    (
        "import hoisted",
        """\
def f(text):
    import json
    return json.loads(text)
""",
        """\
import json


def f(text):
    return json.loads(text)
""",
    ),
    (
        "ternary once",
        """\
def f(row):
    if row.big:
        size = 10
    else:
        size = 1
    return size
""",
        """\
def f(row):
    return 10 if row.big else 1
""",
    ),
    (
        "boolean return",
        """\
def f(row):
    if row.size > 10 and row.paid:
        return True
    if row.gift:
        return True
    return False
""",
        """\
def f(row):
    return (row.size > 10 and row.paid is True) or row.gift is True
""",
    ),
    (
        "comment reworded and kept",
        """\
def f(rows):
    out = []
    # Only rows that were paid for.
    for row in rows:
        if row.paid:
            out.append(row)
    return out
""",
        """\
def f(rows):
    # Only the rows that were paid for.
    return [row for row in rows if row.paid]
""",
    ),
    (
        "noqa goes with its line",
        """\
def f(rows):
    out = []
    for row in rows:
        out.append(row.name)  # noqa: PERF401
    return out
""",
        """\
def f(rows):
    return [row.name for row in rows]
""",
    ),
    (
        "generator to list in tuple",
        """\
def f(rows):
    return tuple(row.key for row in rows)
""",
        """\
def f(rows):
    return tuple([row.key for row in rows])
""",
    ),
    (
        "attrgetter",
        """\
def f(rows):
    return sorted(rows, key=lambda row: row.name)
""",
        """\
from operator import attrgetter


def f(rows):
    return sorted(rows, key=attrgetter("name"))
""",
    ),
    (
        "lock",
        """\
def f(lock, rows):
    lock.acquire()
    try:
        rows.append(1)
    finally:
        lock.release()
""",
        """\
def f(lock, rows):
    with lock:
        rows.append(1)
""",
    ),
    (
        "early return",
        """\
def f(rows):
    return sorted(row for row in rows if row)
""",
        """\
def f(rows):
    if not rows:
        return []
    return sorted(row for row in rows if row)
""",
    ),
    (
        "f-string",
        """\
def f(row):
    return "%s: %d of %d (%s)" % (row.name, row.done, row.total, row.state)
""",
        """\
def f(row):
    return f"{row.name}: {row.done:d} of {row.total:d} ({row.state})"
""",
    ),
    (
        "long comprehension",
        """\
def f(options):
    parts = []
    for name, value in sorted(options.items()):
        if value is not None:
            parts.append(f"{name}={value!r}")
    return ", ".join(parts)
""",
        """\
def f(options):
    return ", ".join(f"{name}={value!r}" for name, value in sorted(options.items()) if value is not None)
""",
    ),
    (
        "groupby to defaultdict",
        """\
def f(rows):
    groups = {}
    for row in rows:
        if row.kind in groups:
            groups[row.kind].append(row)
        else:
            groups[row.kind] = [row]
    return groups
""",
        """\
def f(rows):
    groups = {}
    for row in rows:
        groups.setdefault(row.kind, []).append(row)
    return groups
""",
    ),
    (
        "struct",
        """\
import struct

def f(data):
    return [struct.unpack("<3i", data[start:start + 12]) for start in range(0, len(data), 12)]
""",
        """\
import struct

_RECORD = struct.Struct("<3i")


def f(data):
    return [_RECORD.unpack_from(data, start) for start in range(0, len(data), 12)]
""",
    ),
    (
        "two functions share a new constant",
        """\
def f(word):
    return word in ["a", "b", "c"]


def g(word):
    return word not in ["a", "b", "c"]
""",
        """\
_LETTERS = frozenset({"a", "b", "c"})


def f(word):
    return word in _LETTERS


def g(word):
    return word not in _LETTERS
""",
    ),
    (
        "extracted helper",
        """\
def f(rows):
    out = []
    for row in rows:
        if row.kind == "a" and row.size > 3 and not row.hidden:
            out.append(row.name.strip().lower())
    return out
""",
        """\
def _is_shown(row):
    return row.kind == "a" and row.size > 3 and not row.hidden


def f(rows):
    return [row.name.strip().lower() for row in rows if _is_shown(row)]
""",
    ),
    (
        "translate",
        """\
def f(text):
    for old, new in (("a", "1"), ("b", "2"), ("c", "3")):
        text = text.replace(old, new)
    return text
""",
        """\
_DIGITS = str.maketrans({"a": "1", "b": "2", "c": "3"})


def f(text):
    return text.translate(_DIGITS)
""",
    ),
)


@pytest.mark.parametrize(("before", "after"), [pytest.param(*case[1:], id=case[0]) for case in FINE])
def test_nothing_objects(before: str, after: str) -> None:
    assert read_files(before, after).objections == ()
