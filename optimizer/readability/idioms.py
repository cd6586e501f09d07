"""The table of idioms that may not newly appear, with what is said to the maintainer."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from optimizer.readability import comprehensions, functional, golf, loops, tuning
from optimizer.readability.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Idiom:
    """`says` completes "It ..."; `find` yields every place in a scene."""

    says: str
    find: Callable[[Scene], Iterator[ast.AST]]


IDIOMS = (
    Idiom(says="adds a walrus inside a comprehension", find=comprehensions.walrus_in_comprehension),
    Idiom(says="names a value in the middle of an expression", find=golf.walrus_outside_a_test),
    Idiom(says="names a value with a loop over one element", find=comprehensions.element_bound_by_a_loop),
    Idiom(
        says="adds a comprehension with several loops and a filter",
        find=comprehensions.two_loops_and_filter,
    ),
    Idiom(says="adds an expression with three loops", find=comprehensions.three_loops),
    Idiom(says="puts a filtered comprehension inside another", find=comprehensions.inner_filter),
    Idiom(says="runs a comprehension for its side effects", find=comprehensions.comprehension_for_effects),
    Idiom(says="passes a lambda to map, filter or a relative of theirs", find=functional.lambda_to_map),
    Idiom(says="gives a lambda a name instead of defining a function", find=functional.named_lambda),
    Idiom(says="calls a lambda where it is written", find=functional.called_lambda),
    Idiom(says="adds a reduce", find=functional.reduce),
    Idiom(says="chains map and filter", find=functional.chained_maps),
    Idiom(says="nests conditional expressions", find=golf.nested_ternary),
    Idiom(says="branches with logic or arithmetic instead of an if", find=golf.logic_as_a_branch),
    Idiom(says="builds a table only to look one thing up in it", find=golf.literal_indexed),
    Idiom(says="makes code from text or looks into frames and name tables", find=golf.code_from_text),
    Idiom(says="loops with an empty body", find=comprehensions.loop_without_body),
    Idiom(says="packs several assignments into one statement", find=golf.packed_assignments),
    Idiom(says="multiplies a list of one iterator", find=golf.grouper),
    Idiom(says="adds up lists with sum", find=functional.added_lists),
    Idiom(says="takes rows apart with zip and a star", find=golf.starred_zip),
    Idiom(says="calls itself", find=golf.recursion),
    Idiom(says="builds a format by repeating a text", find=golf.repeated_format),
    Idiom(says="catches every exception without naming one", find=golf.bare_except),
    Idiom(says="changes a global variable from a function", find=golf.global_statement),
    Idiom(says="gives a function a second name to call it by", find=tuning.alias),
    Idiom(says="uses a special method by name", find=tuning.special_method),
    Idiom(says="computes with bits", find=tuning.bit_trick),
    Idiom(says="repeats a statement instead of looping", find=loops.unrolled),
    Idiom(says="steps through an iterator by hand", find=loops.stepping_by_hand),
    Idiom(says="counts through indexes by hand", find=loops.counting_by_hand),
    Idiom(says="compares a slice where a method asks the question", find=tuning.sliced_comparison),
    Idiom(says="repeats nothing in order to count", find=loops.repeating_nothing),
    Idiom(says="drains an iterator with a deque that keeps nothing", find=tuning.consuming_deque),
    Idiom(says="changes a setting of the whole interpreter", find=tuning.interpreter_switch),
)
