"""What is counted about a piece of code. Nothing here depends on layout, comments or docstrings."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from complexipy import code_complexity

from optimizer.readability.source import UnreadableError
from optimizer.readability.trees import Display, call_strings, walk_all, without_docstrings
from optimizer.readability.visited import with_everything_visited

_NO_CODE = frozenset(
    {
        tokenize.NEWLINE,
        tokenize.NL,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.COMMENT,
        tokenize.ENDMARKER,
    }
)
_BLOCKS = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.Try, ast.TryStar, ast.Match)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_HEAVIEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One simple statement, or the first line of a compound one, and how dense it is."""

    key: str
    text: str
    nodes: int
    depth: int
    clauses: int


def cognitive_complexity(statements: Sequence[ast.stmt]) -> int:
    """Complexipy's score of all the statements together, with nothing hidden from it."""
    code = _unparsed(with_everything_visited(without_docstrings(statements)))
    try:
        return int(code_complexity(code).complexity)
    except ValueError as error:
        message = f"cannot be scored ({error})"
        raise UnreadableError(message) from error


def token_count(statements: Sequence[ast.stmt]) -> int:
    """How many tokens, written with as few brackets and commas as possible."""
    code = _unparsed(call_strings(without_docstrings(statements)))
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return sum(token.type not in _NO_CODE for token in tokens)


def _unparsed(statements: list[ast.stmt]) -> str:
    return ast.unparse(ast.fix_missing_locations(ast.Module(body=statements, type_ignores=[])))


def block_nesting(statements: Sequence[ast.stmt]) -> int:
    """How many blocks the innermost statement stands in. `with`, `elif` and functions' bodies are free."""
    return max((_nesting(statement, inside=False) for statement in statements), default=0)


def _nesting(node: ast.AST, *, inside: bool) -> int:
    own = inside if isinstance(node, _DEFINITIONS) else isinstance(node, _BLOCKS)
    is_function = isinstance(node, _DEFINITIONS) and not isinstance(node, ast.ClassDef)
    deepest = max(
        (
            _nesting(child, inside=inside or is_function)
            for child in ast.iter_child_nodes(node)
            if not _is_elif(node, child)
        ),
        default=0,
    )
    chained = [
        _nesting(child, inside=inside) for child in ast.iter_child_nodes(node) if _is_elif(node, child)
    ]
    return max([int(own) + deepest, *chained])


def _is_elif(node: ast.AST, child: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]


def units(statements: Sequence[ast.stmt]) -> Iterator[Unit]:
    """Every statement of `statements` and of the blocks in them. Docstrings are not statements."""
    for node in walk_all(without_docstrings(statements)):
        if isinstance(node, ast.stmt):
            own = list(_own_expressions(node))
            yield Unit(
                key=_key(node, own),
                text=_first_line(node),
                nodes=sum(map(node_weight, own)),
                depth=max(map(expression_depth, own), default=0),
                clauses=sum(map(clause_count, own)),
            )


def _key(node: ast.stmt, own: Sequence[ast.AST]) -> str:
    return " ".join([type(node).__name__, *(ast.dump(part) for part in own)])


def _first_line(node: ast.stmt) -> str:
    return ast.unparse(node).split("\n", 1)[0]


def _own_expressions(node: ast.AST) -> Iterator[ast.AST]:
    """The expressions of a statement without those of the statements inside it."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.stmt():
                continue
            case ast.ExceptHandler(type=kind):
                if kind is not None:
                    yield kind
            case ast.match_case(pattern=pattern, guard=guard):
                yield from (pattern, guard) if guard is not None else (pattern,)
            case ast.expr_context() | ast.operator():
                continue
            case _:
                yield child


def node_weight(node: ast.AST) -> int:
    """Nodes, where a dotted name is one, and a table of plain values weighs as much as its first rows."""
    match node:
        case ast.expr_context() | ast.operator() | ast.unaryop() | ast.boolop() | ast.cmpop():
            return 0
        case ast.Attribute(value=value):
            return max(1, node_weight(value))
        case ast.FormattedValue(value=value):
            return 0 if is_atom(value) else node_weight(value)
        case ast.JoinedStr(values=values):
            return 1 + sum(node_weight(part) for part in values if isinstance(part, ast.FormattedValue))
        case _ if isinstance(node, Display) and is_table(node):
            rows = sorted(map(node_weight, ast.iter_child_nodes(node)), reverse=True)
            return 1 + sum(rows[: _HEAVIEST * (1 + isinstance(node, ast.Dict))])
    return 1 + sum(map(node_weight, ast.iter_child_nodes(node)))


def is_atom(node: ast.AST) -> bool:
    """Whether `node` is a constant or a (dotted) name."""
    match node:
        case ast.Constant() | ast.Name():
            return True
        case ast.Attribute(value=value) | ast.UnaryOp(operand=value):
            return is_atom(value)
    return False


def is_table(node: ast.AST) -> bool:
    """Whether `node` is a literal of plain values, or of such literals."""
    if not isinstance(node, Display):
        return False
    parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return all(is_atom(part) or is_table(part) for part in parts)


def expression_depth(node: ast.AST) -> int:
    """How many expressions the innermost one stands in, itself counted; a dotted name is one."""
    inner = max(map(expression_depth, ast.iter_child_nodes(node)), default=0)
    match node:
        case ast.Attribute():
            return inner or 1
        case ast.FormattedValue() | ast.JoinedStr() | ast.keyword() | ast.comprehension():
            return inner
        case ast.expr():
            return inner + 1
    return inner


def clause_count(node: ast.AST) -> int:
    """How many `for`, `if`, `and`, `or`, conditional expressions, lambdas and walruses."""
    return sum(map(_clauses, walk_all((node,))))


def _clauses(node: ast.AST) -> int:
    match node:
        case ast.BoolOp(values=values):
            return len(values) - 1
        case ast.comprehension(ifs=ifs):
            return 1 + len(ifs)
        case ast.IfExp() | ast.Lambda() | ast.NamedExpr():
            return 1
        case ast.Call(func=ast.Name(id="any" | "all"), args=[ast.List(elts=parts) | ast.Tuple(elts=parts)]):
            return max(0, len(parts) - 1)
    return 0
