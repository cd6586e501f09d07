"""Changes that read worse, most of them a veto in disguise; each is refused with a sentence that names it."""

from __future__ import annotations

import re

import pytest

from optimizer.readability.gate import read_files

# name, what the objection says, before, after
WORSE = (
    (
        "walrus in a nested function's generator",
        "It adds a walrus inside a comprehension",
        """\
def f(rows):
    out = []
    for row in rows:
        value = parse(row)
        if value is not None:
            out.append(value)
    return out
""",
        """\
def f(rows):
    return list(value for row in rows if (value := parse(row)) is not None)
""",
    ),
    (
        "one element loop instead of a walrus",
        "It names a value with a loop over one element",
        """\
def f(rows):
    out = []
    for row in rows:
        value = parse(row)
        if value is not None:
            out.append(value)
    return out
""",
        """\
def f(rows):
    return [value for row in rows for value in [parse(row)] if value is not None]
""",
    ),
    (
        "two loops as chain",
        "It adds a comprehension with several loops and a filter",
        """\
def f(groups):
    names = []
    for group in groups:
        for entry in group.entries:
            if entry.active:
                names.append(entry.name)
    return names
""",
        """\
def f(groups):
    return [entry.name for entry in chain.from_iterable(group.entries for group in groups) if entry.active]
""",
    ),
    (
        "two loops as nested generator",
        "It adds a comprehension with several loops and a filter",
        """\
def f(groups):
    names = []
    for group in groups:
        for entry in group.entries:
            if entry.active:
                names.append(entry.name)
    return names
""",
        """\
def f(groups):
    return [entry.name for entry in (entry for group in groups for entry in group.entries) if entry.active]
""",
    ),
    (
        "three loops nested",
        "It adds an expression with three loops",
        """\
def f(cube):
    total = 0
    for plane in cube:
        for row in plane:
            for cell in row:
                total += cell
    return total
""",
        """\
def f(cube):
    return sum(sum(sum(cell for cell in row) for row in plane) for plane in cube)
""",
    ),
    (
        "dict comprehension with filtered set inside",
        "It puts a filtered comprehension inside another",
        """\
def f(groups):
    result = {}
    for name, rows in groups.items():
        ids = set()
        for row in rows:
            if row.ok:
                ids.add(row.id)
        result[name] = ids
    return result
""",
        """\
def f(groups):
    return {name: {row.id for row in rows if row.ok} for name, rows in groups.items()}
""",
    ),
    (
        "side effects under any",
        "It runs a comprehension for its side effects",
        """\
def f(rows, log):
    for row in rows:
        log.write(row)
""",
        """\
def f(rows, log):
    any(log.write(row) for row in rows)
""",
    ),
    (
        "side effects under a throwaway name",
        "It runs a comprehension for its side effects",
        """\
def f(rows, log):
    for row in rows:
        log.info(row)
""",
        """\
def f(rows, log):
    _ = [log.info(row) for row in rows]
""",
    ),
    (
        "side effects under list map",
        "It runs a comprehension for its side effects",
        """\
def f(rows, log):
    for row in rows:
        log.info(row)
""",
        """\
def f(rows, log):
    list(map(log.info, rows))
""",
    ),
    (
        "side effects under a star",
        "It runs a comprehension for its side effects",
        """\
def f(rows, log):
    for row in rows:
        log.info(row)
""",
        """\
def f(rows, log):
    [*map(log.info, rows)]
""",
    ),
    (
        "dedupe by or",
        "It runs a comprehension for its side effects",
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
    seen = set()
    return [row for row in rows if not (row in seen or seen.add(row))]
""",
    ),
    (
        "starmap lambda",
        "It passes a lambda to map, filter or a relative of theirs",
        """\
def f(pairs):
    out = []
    for price, amount in pairs:
        out.append(price * amount)
    return out
""",
        """\
def f(pairs):
    return list(itertools.starmap(lambda price, amount: price * amount, pairs))
""",
    ),
    (
        "lambda named first",
        "It passes a lambda to map, filter or a relative of theirs",
        """\
def f(prices):
    out = []
    for price in prices:
        out.append(price * price)
    return out
""",
        """\
def f(prices):
    square = lambda price: price * price
    return list(map(square, prices))
""",
    ),
    (
        "called lambda",
        "It calls a lambda where it is written",
        """\
def f(row):
    value = parse(row)
    return value + value
""",
        """\
def f(row):
    return (lambda value: value + value)(parse(row))
""",
    ),
    (
        "reduce renamed",
        "It adds a reduce",
        """\
from operator import or_

def f(masks):
    result = set()
    for mask in masks:
        result = result | mask
    return result
""",
        """\
from operator import or_
from functools import reduce as fold

def f(masks):
    return fold(or_, masks, set())
""",
    ),
    (
        "reduce by module alias",
        "It adds a reduce",
        """\
def f(masks):
    result = set()
    for mask in masks:
        result = result | mask
    return result
""",
        """\
import functools as ft

def f(masks):
    return ft.reduce(set.union, masks, set())
""",
    ),
    (
        "accumulate as reduce",
        "It passes a lambda to map, filter or a relative of theirs",
        """\
def f(masks):
    total = 0
    for mask in masks:
        total = combine(total, mask)
    return total
""",
        """\
def f(masks):
    return list(accumulate(masks, lambda total, mask: combine(total, mask)))[-1]
""",
    ),
    (
        "map over a named filter",
        "It chains map and filter",
        """\
def f(rows):
    out = []
    for row in rows:
        if valid(row):
            out.append(clean(row))
    return out
""",
        """\
def f(rows):
    kept = filter(valid, rows)
    return list(map(clean, kept))
""",
    ),
    (
        "map over list of filter",
        "It chains map and filter",
        """\
def f(rows):
    out = []
    for row in rows:
        if valid(row):
            out.append(clean(row))
    return out
""",
        """\
def f(rows):
    return list(map(clean, list(filter(valid, rows))))
""",
    ),
    (
        "ternary in an argument of a ternary",
        "It nests conditional expressions",
        """\
def f(row):
    if row.big:
        return price(10)
    if row.small:
        return price(1)
    return price(5)
""",
        """\
def f(row):
    return price(10) if row.big else price(1 if row.small else 5)
""",
    ),
    (
        "and or",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(row):
    if row.big:
        return row.price
    return row.cost
""",
        """\
def f(row):
    return row.big and row.price or row.cost
""",
    ),
    (
        "and or in a list",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(row):
    if row.big:
        return row.price
    return row.cost
""",
        """\
def f(row):
    return (row.big and [row.price] or [row.cost])[0]
""",
    ),
    (
        "statement by and",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(row, log):
    if row.big:
        log(row)
""",
        """\
def f(row, log):
    row.big and log(row)
""",
    ),
    (
        "boolean arithmetic",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(row):
    if row.total > 100:
        return 0
    return row.fee
""",
        """\
def f(row):
    return (row.total <= 100) * row.fee
""",
    ),
    (
        "tuple index",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(row):
    if row.total > 100:
        return row.high
    return row.low
""",
        """\
def f(row):
    return (row.low, row.high)[row.total > 100]
""",
    ),
    (
        "dict literal get",
        "It builds a table only to look one thing up in it",
        """\
def f(kind, row):
    if kind == "a":
        return row.first
    if kind == "b":
        return row.second
    return None
""",
        """\
def f(kind, row):
    return {"a": row.first, "b": row.second}.get(kind)
""",
    ),
    (
        "dict call index",
        "It builds a table only to look one thing up in it",
        """\
def f(kind):
    if kind == "a":
        return first
    return second
""",
        """\
def f(kind):
    return dict(a=first, b=second)[kind]
""",
    ),
    (
        "named table index by comparison",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(row):
    if row.total > 100:
        return row.high
    return row.low
""",
        """\
def f(row):
    choice = (row.low, row.high)
    return choice[row.total > 100]
""",
    ),
    (
        "eval via builtins",
        "It makes code from text or looks into frames and name tables",
        """\
def f(op, a, b):
    if op == "+":
        return a + b
    return a - b
""",
        """\
import builtins

def f(op, a, b):
    return getattr(builtins, "eval")("a" + op + "b")
""",
    ),
    (
        "type call",
        "It makes code from text or looks into frames and name tables",
        """\
def f(names):
    class Row:
        pass
    for name in names:
        setattr(Row, name, None)
    return Row
""",
        """\
def f(names):
    return type("Row", (), dict.fromkeys(names))
""",
    ),
    (
        "globals",
        "It makes code from text or looks into frames and name tables",
        """\
def f(kind, row):
    if kind == "a":
        return handle_a(row)
    return handle_b(row)
""",
        """\
def f(kind, row):
    return globals()["handle_" + kind](row)
""",
    ),
    (
        "bound method alias",
        "It gives a function a second name to call it by",
        """\
def f(rows):
    out = []
    for row in rows:
        if row:
            out.append(row.name)
    return out
""",
        """\
def f(rows):
    out = []
    push = out.append
    for row in rows:
        if row:
            push(row.name)
    return out
""",
    ),
    (
        "alias by tuple",
        "It gives a function a second name to call it by",
        """\
def f(rows):
    out, seen = [], set()
    for row in rows:
        seen.add(row)
        out.append(row.name)
    return out
""",
        """\
def f(rows):
    out, seen = [], set()
    push, mark = out.append, seen.add
    for row in rows:
        mark(row)
        push(row.name)
    return out
""",
    ),
    (
        "alias at module level",
        "It gives a function a second name to call it by",
        """\
def f(rows):
    return [len(row) for row in rows]
""",
        """\
_size = len


def f(rows):
    return [_size(row) for row in rows]
""",
    ),
    (
        "alias by getattr",
        "It gives a function a second name to call it by",
        """\
def f(rows):
    out = []
    for row in rows:
        out.append(clean(row))
    return out
""",
        """\
def f(rows):
    out = []
    push = getattr(out, "append")
    for row in rows:
        push(clean(row))
    return out
""",
    ),
    (
        "alias by walrus",
        "It gives a function a second name to call it by",
        """\
def f(rows, out):
    for row in rows:
        out.append(clean(row))
""",
        """\
def f(rows, out):
    if push := out.append:
        for row in rows:
            push(clean(row))
""",
    ),
    (
        "alias by default of an inner function",
        "It gives a function a second name to call it by",
        """\
def f(rows):
    def size(row):
        return len(row) + 1
    return [size(row) for row in rows]
""",
        """\
def f(rows):
    def size(row, _len=len):
        return _len(row) + 1
    return [size(row) for row in rows]
""",
    ),
    (
        "keyword only parameter",
        "It adds the parameter",
        """\
def f(rows):
    return [clean(row) for row in rows]
""",
        """\
def f(rows, *, cleaner=clean):
    return [cleaner(row) for row in rows]
""",
    ),
    (
        "dunder len",
        "It uses a special method by name",
        """\
def f(rows):
    return [len(row) for row in rows]
""",
        """\
def f(rows):
    return [row.__len__() for row in rows]
""",
    ),
    (
        "dunder as key",
        "It uses a special method by name",
        """\
def f(counts):
    best = None
    for name in counts:
        if best is None or counts[name] > counts[best]:
            best = name
    return best
""",
        """\
def f(counts):
    return max(counts, key=counts.__getitem__)
""",
    ),
    (
        "dunder by methodcaller",
        "It uses a special method by name",
        """\
def f(rows):
    return [len(row) for row in rows]
""",
        """\
def f(rows):
    return list(map(operator.methodcaller("__len__"), rows))
""",
    ),
    (
        "mask through a name",
        "It computes with bits",
        """\
def f(key, size):
    return hash(key) % size
""",
        """\
def f(key, size):
    mask = size - 1
    return hash(key) & mask
""",
    ),
    (
        "shift",
        "It computes with bits",
        """\
def f(low, high):
    return (low + high) // 2
""",
        """\
def f(low, high):
    return (low + high) >> 1
""",
    ),
    (
        "double invert",
        "It computes with bits",
        """\
def f(n):
    return n + 1
""",
        """\
def f(n):
    return -~n
""",
    ),
    (
        "xor swap",
        "It computes with bits",
        """\
def f(left, right):
    left, right = right, left
    return left - right + 1
""",
        """\
def f(left, right):
    left = left + 0 ^ right
    right ^= left
    left ^= right
    return left - right + 1
""",
    ),
    (
        "magic numbers",
        "It adds numbers that have no name",
        """\
def f(r):
    return to_grey(r.red, r.green, r.blue)
""",
        """\
def f(r):
    return 0.299 * r.red + 0.587 * r.green + 0.114 * r.blue
""",
    ),
    (
        "numeric indexes",
        "It adds numbers that have no name",
        """\
def f(rows):
    out = {}
    for name, _, price in rows:
        out[name] = price
    return out
""",
        """\
def f(rows):
    return {row[0]: row[2] for row in rows}
""",
    ),
    (
        "numeric indexes by itemgetter",
        "It adds numbers that have no name",
        """\
def f(rows):
    return [(name, price) for name, _, price in rows]
""",
        """\
def f(rows):
    return list(map(itemgetter(0, 2), rows))
""",
    ),
    (
        "unrolled sum",
        "It repeats a statement instead of looping",
        """\
def f(row):
    total = 0
    for cell in row.cells:
        total += cell
    return total
""",
        """\
def f(row):
    total = 0
    cells = row.cells
    total += cells[0]
    total += cells[1]
    total += cells[2]
    return total
""",
    ),
    (
        "unrolled by two",
        "It repeats a statement instead of looping",
        """\
def f(cells):
    total = 0
    for cell in cells:
        total += weigh(cell)
    return total
""",
        """\
def f(cells):
    total = 0
    for i in range(0, len(cells) - 1, 2):
        total += weigh(cells[i])
        total += weigh(cells[i + 1])
    return total
""",
    ),
    (
        "unrolled over names",
        "It repeats a statement instead of looping",
        """\
def f(row):
    for name in ("title", "author", "year"):
        row[name] = clean(row[name])
""",
        """\
def f(row):
    row["title"] = clean(row["title"])
    row["author"] = clean(row["author"])
    row["year"] = clean(row["year"])
""",
    ),
    (
        "next in a while",
        "It steps through an iterator by hand",
        """\
def f(rows):
    for row in rows:
        handle(row)
""",
        """\
def f(rows):
    it = iter(rows)
    while (row := next(it, None)) is not None:
        handle(row)
""",
    ),
    (
        "suppress StopIteration",
        "It steps through an iterator by hand",
        """\
def f(rows):
    for row in rows:
        handle(row)
""",
        """\
def f(rows):
    step = iter(rows)
    with suppress(StopIteration):
        while True:
            handle(next(step))
""",
    ),
    (
        "index error ends the loop",
        "It steps through an iterator by hand",
        """\
def f(rows):
    for row in rows:
        handle(row)
""",
        """\
def f(rows):
    position = 0
    while True:
        try:
            handle(rows[position])
        except IndexError:
            break
        position += 1
""",
    ),
    (
        "while with index",
        "It counts through indexes by hand",
        """\
def f(rows):
    for row in rows:
        handle(row)
""",
        """\
def f(rows):
    position = 0
    while position < len(rows):
        handle(rows[position])
        position += 1
""",
    ),
    (
        "deque positional",
        "It drains an iterator with a deque that keeps nothing",
        """\
def f(rows):
    for row in rows:
        handle(row)
""",
        """\
def f(rows):
    done = collections.deque(map(handle, rows), 0)
""",
    ),
    (
        "empty loop",
        "It loops with an empty body",
        """\
def f(rows):
    for row in rows:
        handle(row)
""",
        """\
def f(rows):
    for _ in map(handle, rows):
        pass
""",
    ),
    (
        "numbered letters",
        "It adds the one-letter name",
        """\
def f(rows):
    total = 0
    for row in rows:
        total += row.price
    return total
""",
        """\
def f(rows):
    return sum(r1.price for r1 in rows)
""",
    ),
    (
        "abbreviations",
        "It shortens names, like",
        """\
def f(orders):
    totals = {}
    for customer, price in orders:
        totals[customer] = totals.get(customer, 0) + price
    return totals
""",
        """\
def f(orders):
    tot = {}
    for cus, prc in orders:
        tot[cus] = tot.get(cus, 0) + prc
    return tot
""",
    ),
    (
        "lost comment",
        "It drops the comment",
        """\
def f(rows):
    out = []
    for row in rows:
        # The header repeats on every page.
        if row.is_header:
            continue
        out.append(row)
    return out
""",
        """\
def f(rows):
    return [row for row in rows if not row.is_header]
""",
    ),
    (
        "lost docstring",
        "It drops the docstring of",
        '''\
def f(rows):
    """The rows without headers."""
    out = []
    for row in rows:
        out.append(row)
    return out
''',
        """\
def f(rows):
    return list(rows)
""",
    ),
    (
        "lost annotation",
        "It drops the annotation of the parameter",
        """\
def f(rows: list[int]) -> int:
    total = 0
    for row in rows:
        total += row
    return total
""",
        """\
def f(rows):
    return sum(rows)
""",
    ),
    (
        "semicolons",
        "It puts several statements into one line with semicolons",
        """\
def f(rows):
    first = rows[0]
    last = rows[-1]
    return first, last
""",
        """\
def f(rows):
    first = rows[0]; last = rows[-1]; return first, last
""",
    ),
    (
        "one line bodies",
        "It puts a body into the line of its",
        """\
def f(rows):
    for row in rows:
        if row.bad:
            continue
        handle(row)
""",
        """\
def f(rows):
    for row in rows:
        if row.bad: continue
        handle(row)
""",
    ),
    (
        "helper of the file inlined",
        "It writes out the work of",
        """\
def area(box):
    return (box.right - box.left) * (box.bottom - box.top)


def f(boxes):
    total = 0
    for box in boxes:
        total += area(box)
    return total
""",
        """\
def area(box):
    return (box.right - box.left) * (box.bottom - box.top)


def f(boxes):
    total = 0
    for item in boxes:
        total += (item.right - item.left) * (item.bottom - item.top)
    return total
""",
    ),
    (
        "method inlined",
        "It writes out the work of",
        """\
class Track:
    def gap(self, one, other):
        return abs(one.time - other.time) + one.offset

    def total(self):
        return sum(self.gap(one, other) for one, other in self.pairs)
""",
        """\
class Track:
    def gap(self, one, other):
        return abs(one.time - other.time) + one.offset

    def total(self):
        return sum(abs(one.time - other.time) + one.offset for one, other in self.pairs)
""",
    ),
    (
        "gc",
        "It changes a setting of the whole interpreter",
        """\
def f(rows):
    return [clean(row) for row in rows]
""",
        """\
import gc


def f(rows):
    gc.disable()
    return [clean(row) for row in rows]
""",
    ),
    (
        "packed",
        "It packs several assignments into one statement",
        """\
def f(text):
    lines = 0
    words = []
    seen = set()
    return scan(text, lines, words, seen)
""",
        """\
def f(text):
    lines, words, seen = 0, [], set()
    return scan(text, lines, words, seen)
""",
    ),
    (
        "grouper",
        "It multiplies a list of one iterator",
        """\
def f(rows):
    out = []
    for start in range(0, len(rows), 2):
        out.append(tuple(rows[start:start + 2]))
    return out
""",
        """\
def f(rows):
    return list(zip(*[iter(rows)] * 2))
""",
    ),
    (
        "walrus in return",
        "It names a value in the middle of an expression",
        """\
def f(rows):
    size = len(rows)
    if size:
        return size * 2
    return 0
""",
        """\
def f(rows):
    return (size := len(rows)) and size * 2
""",
    ),
    (
        "wide but idiom free",
        "One statement is too wide, 25 nodes with a limit of 22",
        """\
def f(a, b):
    left = a.price * a.amount + a.tax
    right = b.price * b.amount + b.tax
    return max(left, right) - min(left, right)
""",
        """\
def f(a, b):
    return max(a.price * a.amount + a.tax, b.price * b.amount + b.tax) - min(a.price * a.amount + a.tax, b.price * b.amount + b.tax)
""",
    ),
    (
        "deep",
        "One statement is too wide, 23 nodes with a limit of 22",
        """\
def f(rows):
    names = [row.name for row in rows]
    cleaned = [name.strip() for name in names]
    return sorted(cleaned)
""",
        """\
def f(rows):
    return sorted(list(set(tuple(str(bytes(repr(abs(int(rows))))) for name in rows))))
""",
    ),
    (
        "lambda table",
        "It builds a table only to look one thing up in it",
        """\
def f(kind, value):
    if kind == "double":
        return value * 2
    return value + 1
""",
        """\
def f(kind, value):
    return {"double": lambda: value * 2, "next": lambda: value + 1}[kind]()
""",
    ),
    (
        "operator hidden map chain in comprehension",
        "It chains map and filter",
        """\
def f(lines):
    out = []
    for line in lines:
        text = line.strip()
        if text:
            out.append(text.lower())
    return out
""",
        """\
def f(lines):
    return [text.lower() for text in filter(None, map(str.strip, lines))]
""",
    ),
    (
        "vector of ifs by dispatch on a set literal in place",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(word):
    if word.endswith("s"):
        return word[:-1]
    return word
""",
        """\
def f(word):
    return word[:len(word) - word.endswith("s")]
""",
    ),
    (
        "sum of lists",
        "It adds up lists with sum",
        """\
def f(groups):
    rows = []
    for group in groups:
        rows.extend(group.rows)
    return rows
""",
        """\
def f(groups):
    return sum([group.rows for group in groups], [])
""",
    ),
    (
        "repeated format",
        "It builds a format by repeating a text",
        """\
def f(values):
    return " ".join(str(value) for value in values)
""",
        """\
def f(values):
    return ("{} " * len(values)).format(*values)
""",
    ),
    (
        "bare except",
        "It catches every exception without naming one",
        """\
def f(counts, key):
    if key in counts:
        counts[key] += 1
    else:
        counts[key] = 1
""",
        """\
def f(counts, key):
    try:
        counts[key] += 1
    except:
        counts[key] = 1
""",
    ),
    (
        "global cache",
        "It changes a global variable from a function",
        """\
def f(key):
    return load(key)
""",
        """\
LAST = None


def f(key):
    global LAST
    if LAST is None:
        LAST = load(key)
    return LAST
""",
    ),
    (
        "two walruses in one test",
        "It names a value in the middle of an expression",
        """\
def f(rows):
    first = head(rows)
    last = tail(rows)
    if first and last:
        return first + last
    return None
""",
        """\
def f(rows):
    if (first := head(rows)) and (last := tail(rows)):
        return first + last
    return None
""",
    ),
    (
        "underscore as a name",
        "It gives a value that it reads the name",
        """\
def f(rows):
    total = 0
    for row in rows:
        total += row.price
    return total
""",
        """\
def f(rows):
    return sum(_.price for _ in rows)
""",
    ),
    (
        "constant written out",
        "It adds numbers that have no name",
        """\
RETRIES = 5

def f(action):
    for attempt in range(RETRIES):
        action(attempt)
""",
        """\
RETRIES = 5

def f(action):
    for attempt in range(5):
        action(attempt)
""",
    ),
    (
        "slice compared",
        "It compares a slice where a method asks the question",
        """\
def f(line):
    return line.startswith("item")
""",
        """\
def f(line):
    return line[:4] == "item"
""",
    ),
    (
        "repeat nothing",
        "It repeats nothing in order to count",
        """\
from itertools import repeat

def f(action, times):
    for _ in range(times):
        action()
""",
        """\
from itertools import repeat

def f(action, times):
    for _ in repeat(None, times):
        action()
""",
    ),
    (
        "first or nothing",
        "It builds a table only to look one thing up in it",
        """\
def f(rows):
    if rows:
        return rows[0]
    return None
""",
        """\
def f(rows):
    return (rows[:1] or [None])[0]
""",
    ),
    (
        "filter over a generator in a comprehension",
        "It adds a comprehension with several loops and a filter",
        """\
def f(lines):
    out = []
    for line in lines:
        text = parse(line)
        if text:
            out.append(text.lower())
    return out
""",
        """\
def f(lines):
    return [text.lower() for text in filter(None, (parse(line) for line in lines))]
""",
    ),
    (
        "comparison trick",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(left, right):
    if left > right:
        return 1
    if left < right:
        return -1
    return 0
""",
        """\
def f(left, right):
    return (left > right) - (left < right)
""",
    ),
    (
        "ladder of logic",
        "One statement holds 4 clauses (for, if, and, or...) with a limit of 3",
        """\
def f(row):
    if row.kind == "a":
        if row.size > 3:
            if row.paid:
                return not row.hidden and not row.gift
    return False
""",
        """\
def f(row):
    return row.kind == "a" and row.size > 3 and row.paid and not row.hidden and not row.gift
""",
    ),
    (
        "one letter parameter of a lambda",
        "It adds the one-letter name",
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
    return max(rows, key=lambda r: r.score)
""",
    ),
    (
        "helper and its call removed",
        "It writes out the work of",
        """\
def area(box):
    return box.width * box.height


def f(boxes):
    return sum(area(box) for box in boxes)
""",
        """\
def f(boxes):
    return sum(box.width * box.height for box in boxes)
""",
    ),
    (
        "hidden in a keyword argument",
        "It nests conditional expressions",
        """\
def f(rows):
    ids = []
    for row in rows:
        if row.ok:
            if row.new:
                ids.append(row.id)
            else:
                ids.append(row.old_id)
    return build(ids=ids)
""",
        """\
def f(rows):
    return build(ids=[(row.id if row.new else row.old_id if row.ok else None) for row in rows if row.ok])
""",
    ),
    (
        "sort in a condition",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(rows):
    rows.sort(key=lambda row: row.name)
    return rows
""",
        """\
def f(rows):
    return rows.sort(key=lambda row: row.name) or rows
""",
    ),
    (
        "append in a condition",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(rows, row):
    rows.append(row)
    return rows
""",
        """\
def f(rows, row):
    return rows.append(row) or rows
""",
    ),
    (
        "setdefault trick",
        "It runs a comprehension for its side effects",
        """\
def f(rows):
    groups = {}
    for row in rows:
        if row.kind not in groups:
            groups[row.kind] = []
        groups[row.kind].append(row)
    return groups
""",
        """\
def f(rows):
    groups = {}
    [groups.setdefault(row.kind, []).append(row) for row in rows]
    return groups
""",
    ),
    (
        "builtins as parameters",
        "It gives a function a second name to call it by",
        """\
def f(rows):
    out = []
    for row in rows:
        out.append(clean(row))
    return out
""",
        """\
def f(rows, clean=clean, list=list, map=map):
    return list(map(clean, rows))
""",
    ),
    (
        "one letter in a generator",
        "It adds the one-letter name",
        """\
def f(text):
    words = text.split()
    lengths = []
    for word in words:
        lengths.append(len(word))
    return max(lengths)
""",
        """\
def f(text):
    return max(len(w) for w in text.split())
""",
    ),
    (
        "string multiplication boolean",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(count):
    if count == 1:
        return "item"
    return "items"
""",
        """\
def f(count):
    return "item" + "s" * (count != 1)
""",
    ),
    (
        "string index boolean",
        "It builds a table only to look one thing up in it",
        """\
def f(flag):
    if flag:
        return "y"
    return "n"
""",
        """\
def f(flag):
    return "ny"[flag]
""",
    ),
    (
        "zip star transposition",
        "It takes rows apart with zip and a star",
        """\
def f(rows):
    names = []
    prices = []
    for row in rows:
        names.append(row.name)
        prices.append(row.price)
    return names, prices
""",
        """\
def f(rows):
    return tuple(map(list, zip(*((row.name, row.price) for row in rows))))
""",
    ),
    (
        "chain of and and or",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(row):
    if row.a:
        return 1
    if row.b:
        return 2
    return 3
""",
        """\
def f(row):
    return row.a and 1 or row.b and 2 or 3
""",
    ),
    (
        "next in while True",
        "It steps through an iterator by hand",
        """\
def f(rows):
    total = 0
    for row in rows:
        total += row.price
    return total
""",
        """\
def f(rows):
    total = 0
    it = iter(rows)
    try:
        while True:
            total += next(it).price
    except StopIteration:
        return total
""",
    ),
    (
        "recursion instead of a loop",
        "It calls itself",
        """\
def f(rows):
    total = 0
    for row in rows:
        total += row
    return total
""",
        """\
def f(rows):
    return rows[0] + f(rows[1:]) if rows else 0
""",
    ),
    (
        "local names obfuscated two letters",
        "It adds the one-letter name",
        """\
def f(customers):
    total = 0
    for customer in customers:
        discount = customer.discount
        amount = customer.amount
        total += amount - discount
    return total
""",
        """\
def f(customers):
    tt = 0
    for cc in customers:
        dd = cc.discount
        aa = cc.amount
        tt += aa - dd
    return tt
""",
    ),
    (
        "meaningless names",
        "It gives values names that say nothing, like",
        """\
def f(customers):
    total = 0
    for customer in customers:
        discount = customer.discount
        total += customer.amount - discount
    return total
""",
        """\
def f(customers):
    tmp = 0
    for it in customers:
        val = it.discount
        tmp += it.amount - val
    return tmp
""",
    ),
    (
        "alias of an attribute's method",
        "It gives a function a second name to call it by",
        """\
class A:
    def run(self, rows):
        for row in rows:
            self.out.append(row)
""",
        """\
class A:
    def run(self, rows):
        put = self.out.append
        for row in rows:
            put(row)
""",
    ),
    (
        "alias by a loop",
        "It names a value with a loop over one element",
        """\
def f(rows, out):
    for row in rows:
        out.append(row)
""",
        """\
def f(rows, out):
    for put in (out.append,):
        for row in rows:
            put(row)
""",
    ),
    (
        "alias via partial",
        "It gives a function a second name to call it by",
        """\
def f(rows, out):
    for row in rows:
        out.append(row)
""",
        """\
from functools import partial


def f(rows, out):
    put = partial(list.append, out)
    for row in rows:
        put(row)
""",
    ),
    (
        "alias by unpacking",
        "It gives a function a second name to call it by",
        """\
def f(rows, out):
    for row in rows:
        out.append(row)
""",
        """\
def f(rows, out):
    put, = out.append,
    for row in rows:
        put(row)
""",
    ),
    (
        "division as multiplication",
        "It adds numbers that have no name",
        """\
def f(rows):
    return [row / 60 for row in rows]
""",
        """\
def f(rows):
    return [row * 0.016666666666666666 for row in rows]
""",
    ),
    (
        "effect before or",
        "It branches with logic or arithmetic instead of an if",
        """\
def f(rows, log):
    out = []
    for row in rows:
        log.info(row)
        out.append(row.name)
    return out
""",
        """\
def f(rows, log):
    return [log.info(row) or row.name for row in rows]
""",
    ),
    (
        "effect in an indexed tuple",
        "It builds a table only to look one thing up in it",
        """\
def f(rows, log):
    out = []
    for row in rows:
        log.info(row)
        out.append(row.name)
    return out
""",
        """\
def f(rows, log):
    return [(log.info(row), row.name)[1] for row in rows]
""",
    ),
    (
        "eval through builtins",
        "It makes code from text or looks into frames and name tables",
        """\
def f(op, a, b):
    if op == "+":
        return a + b
    return a - b
""",
        """\
def f(op, a, b):
    run = __builtins__["eval"]
    return run(f"a{op}b")
""",
    ),
    (
        "map over compress",
        "It chains map and filter",
        """\
def f(rows, flags):
    out = []
    for row, flag in zip(rows, flags):
        if flag:
            out.append(clean(row))
    return out
""",
        """\
from itertools import compress


def f(rows, flags):
    return list(map(clean, compress(rows, flags)))
""",
    ),
    (
        "multiplication by shifting",
        "It computes with bits",
        """\
def f(data):
    total = 0
    for byte in data:
        total = (total * 31 + byte) % 65536
    return total
""",
        """\
def f(data):
    total = 0
    for byte in data:
        total = ((total << 5) - total + byte) & 0xFFFF
    return total
""",
    ),
    (
        "special cases before the loop",
        "The cognitive complexity rises from 3 to 10; the limit is 4",
        """\
def f(rows):
    out = []
    for row in rows:
        if row.ok:
            out.append(row.name)
    return out
""",
        """\
def f(rows):
    if len(rows) == 1:
        row = rows[0]
        return [row.name] if row.ok else []
    if len(rows) == 2:
        one, two = rows
        return ([one.name] if one.ok else []) + ([two.name] if two.ok else [])
    return [row.name for row in rows if row.ok]
""",
    ),
    (
        "docstring trimmed",
        "It drops most of the docstring of",
        '''\
def f(rows):
    """The names of the rows that are shown.

    Hidden rows are left out, see the handbook.
    """
    out = []
    for row in rows:
        out.append(row.name)
    return out
''',
        '''\
def f(rows):
    """Names."""
    return [row.name for row in rows]
''',
    ),
    (
        "cases on one line",
        "It puts a body into the line of its",
        """\
def f(row):
    if row.kind == "a":
        return 1
    return 2
""",
        """\
def f(row):
    match row.kind:
        case "a": return 1
        case _: return 2
""",
    ),
)


@pytest.mark.parametrize(("says", "before", "after"), [pytest.param(*case[1:], id=case[0]) for case in WORSE])
def test_it_is_refused_with_the_reason(says: str, before: str, after: str) -> None:
    objections = read_files(before, after).objections
    assert any(says in objection for objection in objections), objections
    assert all(objection.endswith(".") and objection[0].isupper() for objection in objections)


@pytest.mark.parametrize("before", [pytest.param(case[2], id=case[0]) for case in WORSE])
def test_the_same_code_on_both_sides_is_never_refused(before: str) -> None:
    reading = read_files(before, before)
    assert reading.not_worse
    assert reading.moved == ()


@pytest.mark.parametrize("source", [pytest.param(case[3], id=case[0]) for case in WORSE])
def test_an_idiom_that_was_there_before_is_not_new(source: str) -> None:
    touched, changes = re.subn(
        r"^( *)(def \w+\(.*\).*:\n(?: *\"{3}[^\"]*\"{3}\n)?)",
        r"\1\2\1    ready = True\n",
        source,
        flags=re.MULTILINE,
    )
    assert changes
    assert read_files(source, touched).objections == ()
