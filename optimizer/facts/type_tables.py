"""What builtin functions, methods and operators give, by exact type."""

from __future__ import annotations

NUMBERS = frozenset({"int", "float", "bool", "complex"})
TEXT = frozenset({"str", "bytes"})
SCALARS = NUMBERS | TEXT | {"NoneType", "ellipsis"}
SEQUENCES = frozenset({"list", "tuple", "str", "bytes", "bytearray", "range"})
CONTAINERS = SEQUENCES | {
    "dict", "set", "frozenset", "dict_keys", "dict_values", "dict_items",
    "collections.deque", "collections.Counter", "collections.OrderedDict", "collections.defaultdict",
}  # fmt: skip
"""Iterating these runs no code of the project, uses nothing up, and `len` knows them."""
KEYED = frozenset({"dict", "collections.Counter", "collections.OrderedDict"})
HASHED = KEYED | {"set", "frozenset", "dict_keys", "range", "str", "bytes"}
"""Looking a scalar up in these compares it with nothing that is not a scalar."""
IMMUTABLE = SCALARS | {"tuple", "frozenset", "range"}
MUTABLE = CONTAINERS - IMMUTABLE | {"bytearray"}
ITERATORS = frozenset({"generator", "zip", "map", "filter", "enumerate", "reversed"})

CONSTRUCTORS = {
    "list": "list", "tuple": "tuple", "dict": "dict", "set": "set", "frozenset": "frozenset",
    "bytearray": "bytearray", "bool": "bool", "int": "int", "float": "float", "complex": "complex",
    "range": "range", "enumerate": "enumerate", "zip": "zip", "map": "map", "filter": "filter",
    "len": "int", "sorted": "list", "ord": "int", "chr": "str", "hash": "int", "id": "int",
    "isinstance": "bool", "issubclass": "bool", "callable": "bool", "hasattr": "bool", "any": "bool",
    "all": "bool", "hex": "str", "oct": "str", "bin": "str", "input": "str", "print": "NoneType",
    "setattr": "NoneType", "delattr": "NoneType", "globals": "dict", "object": "object",
}  # fmt: skip
"""Builtins whose result has exactly this type, whatever they are given."""

FUNCTIONS = {
    "collections.deque": "collections.deque", "collections.defaultdict": "collections.defaultdict",
    "collections.Counter": "collections.Counter", "collections.OrderedDict": "collections.OrderedDict",
    "re.compile": "re.Pattern", "time.time": "float", "time.perf_counter": "float", "time.monotonic": "float",
    "math.sqrt": "float", "math.sin": "float", "math.cos": "float", "math.tan": "float", "math.exp": "float",
    "math.log": "float", "math.log2": "float", "math.log10": "float", "math.hypot": "float", "math.fsum": "float",
    "math.gcd": "int", "math.isqrt": "int", "math.comb": "int", "math.isnan": "bool", "math.isinf": "bool",
    "itertools.chain": "itertools.chain",
    "re.match": "re.Match", "re.search": "re.Match", "re.fullmatch": "re.Match", "re.finditer": "callable_iterator",
}  # fmt: skip
"""Functions of the standard library whose result has exactly this type; a `re.Match` may also be None."""

FUNCTION_ELEMENTS = {"re.finditer": "re.Match"}
"""What iterating over the result of these functions gives."""

_SAME_TEXT = (
    "capitalize", "center", "expandtabs", "ljust", "lower", "lstrip", "removeprefix", "removesuffix", "replace",
    "rjust", "rstrip", "strip", "swapcase", "title", "translate", "upper", "zfill",
)  # fmt: skip
_TESTS = (
    "endswith", "isalnum", "isalpha", "isascii", "isdigit", "islower", "isspace", "istitle", "isupper", "startswith",
)  # fmt: skip
_SEARCHES = ("count", "find", "index", "rfind", "rindex")
_PARTITIONS = ("partition", "rpartition")
_SPLITS = ("split", "rsplit", "splitlines")


def _text(name: str) -> dict[str, tuple[str, str]]:
    table = dict.fromkeys(_SAME_TEXT, (name, ""))
    table |= dict.fromkeys(_TESTS, ("bool", ""))
    table |= dict.fromkeys(_SEARCHES, ("int", ""))
    table |= dict.fromkeys(_PARTITIONS, ("tuple", name))
    table |= dict.fromkeys(_SPLITS, ("list", name))
    return table | {"join": (name, "")}


_SET = dict.fromkeys(("copy", "union", "intersection", "difference", "symmetric_difference"), "same")
_SET_TESTS = dict.fromkeys(("issubset", "issuperset", "isdisjoint"), "bool")

METHODS: dict[str, dict[str, tuple[str, str]]] = {
    "str": _text("str")
    | {"casefold": ("str", ""), "encode": ("bytes", ""), "format": ("str", ""), "format_map": ("str", "")}
    | dict.fromkeys(("isdecimal", "isidentifier", "isnumeric", "isprintable"), ("bool", "")),
    "bytes": _text("bytes") | {"decode": ("str", ""), "hex": ("str", "")},
    "list": {
        "copy": ("list", ""), "index": ("int", ""), "count": ("int", ""), "append": ("NoneType", ""),
        "extend": ("NoneType", ""), "insert": ("NoneType", ""), "sort": ("NoneType", ""),
        "reverse": ("NoneType", ""), "clear": ("NoneType", ""), "remove": ("NoneType", ""),
    },
    "tuple": {"index": ("int", ""), "count": ("int", "")},
    "dict": {
        "copy": ("dict", ""), "keys": ("dict_keys", ""), "values": ("dict_values", ""),
        "items": ("dict_items", "tuple"),
        "update": ("NoneType", ""), "clear": ("NoneType", ""), "popitem": ("tuple", ""),
    },
    "set": {name: ("set" if kind == "same" else kind, "") for name, kind in (_SET | _SET_TESTS).items()}
    | dict.fromkeys(("add", "discard", "remove", "clear", "update"), ("NoneType", "")),
    "frozenset": {name: ("frozenset" if kind == "same" else kind, "") for name, kind in (_SET | _SET_TESTS).items()},
    "int": {"bit_length": ("int", ""), "to_bytes": ("bytes", "")},
    "float": {"is_integer": ("bool", ""), "hex": ("str", "")},
    "re.Pattern": dict.fromkeys(("match", "search", "fullmatch"), ("re.Match", ""))
    | {"finditer": ("callable_iterator", "re.Match"), "findall": ("list", ""), "split": ("list", "")},
    "re.Match": {
        "start": ("int", ""), "end": ("int", ""), "span": ("tuple", "int"), "groups": ("tuple", ""),
        "groupdict": ("dict", "str"),
    },
}  # fmt: skip
"""Result and element type of methods of exact builtin types. Str methods of an exact str give an exact str."""

PURE_METHODS: dict[str, frozenset[str]] = {
    "str": frozenset(METHODS["str"]) - {"format", "format_map", "join", "translate"},
    "bytes": frozenset(METHODS["bytes"]) - {"join", "translate"},
    "list": frozenset({"copy"}),
    "dict": frozenset({"copy", "keys", "values", "items", "get"}),
    "set": frozenset(_SET) | frozenset(_SET_TESTS),
    "frozenset": frozenset(_SET) | frozenset(_SET_TESTS),
    "int": frozenset({"bit_length", "bit_count", "conjugate"}),
    "float": frozenset({"is_integer", "hex", "conjugate"}),
    "re.Pattern": frozenset({"search", "match", "fullmatch", "findall", "split", "sub", "subn"}),
    "re.Match": frozenset({"start", "end", "span", "group", "groups", "groupdict"}),
}
"""Methods without effects, given arguments that are scalars (or none)."""

ELEMENT_METHODS = {"list": frozenset({"index", "count"}), "tuple": frozenset({"index", "count"})}
"""Methods without effects when the elements are scalars: they compare them."""

CHANGES: dict[str, dict[str, str]] = {
    "list": {
        "append": "", "extend": "iterates", "insert": "indexes", "pop": "indexes", "clear": "", "reverse": "",
        "remove": "plain elements", "sort": "plain elements",
    },
    "set": {"add": "hashes", "discard": "hashes", "remove": "hashes", "clear": "", "pop": ""},
    "dict": {"pop": "hashes", "popitem": "", "clear": "", "setdefault": "hashes"},
    "collections.deque": {
        "append": "", "appendleft": "", "pop": "", "popleft": "", "extend": "iterates", "clear": "", "reverse": "",
    },
}  # fmt: skip
"""Methods that change a container and do nothing else, given arguments that fit: what they do with those."""

CHANGING_METHODS = frozenset(
    {
        "append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "setdefault", "popitem",
        "add", "discard", "intersection_update", "difference_update", "symmetric_difference_update", "appendleft",
        "extendleft", "popleft", "rotate", "subtract", "move_to_end", "write", "writelines", "read", "readline",
        "readlines", "seek", "close", "truncate", "send", "throw",
    },
)  # fmt: skip

PURE_BUILTINS_OF_SCALARS = frozenset(
    {
        "abs", "ascii", "bin", "bool", "bytes", "chr", "complex", "divmod", "float", "format", "hash", "hex", "int",
        "len", "max", "min", "oct", "ord", "pow", "range", "repr", "round", "str",
    },
)  # fmt: skip
"""Builtins without effects when all arguments are scalars."""

PURE_BUILTINS_OF_ANYTHING = frozenset({"callable", "id", "type"})
READS_ELEMENTS = frozenset({"list", "tuple", "len", "bool"})
"""Builtins that look at a container without touching its elements."""
HASHES = frozenset({"dict", "set", "frozenset"})
USES_UP = (
    READS_ELEMENTS
    | HASHES
    | {"all", "any", "bytes", "bytearray", "max", "min", "repr", "sorted", "str", "sum"}
)
"""Builtins without effects on a container of scalars: they compare, hash, add or print the elements."""
EMPTY = frozenset(
    {"bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"}
)
"""Builtins that make the same empty value each time when called with nothing."""

PURE_FUNCTIONS = frozenset(
    {
        *(f"math.{name}" for name in (
            "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "comb", "copysign", "cos", "cosh",
            "degrees", "dist", "erf", "erfc", "exp", "expm1", "fabs", "factorial", "floor", "fmod", "frexp", "gamma",
            "gcd", "hypot", "isclose", "isfinite", "isinf", "isnan", "isqrt", "lcm", "ldexp", "lgamma", "log",
            "log10", "log1p", "log2", "modf", "nextafter", "perm", "pow", "radians", "remainder", "sin", "sinh",
            "sqrt", "tan", "tanh", "trunc", "ulp",
        )),
        "os.path.join", "os.path.basename", "os.path.dirname", "os.path.split", "os.path.splitext",
        "os.path.normcase", "os.path.isabs", "os.path.normpath", "posixpath.join", "ntpath.join",
        "re.compile", "re.escape", "re.sub", "re.subn", "re.search", "re.match", "re.fullmatch", "re.findall",
        "re.split", "html.escape", "html.unescape", "textwrap.dedent", "unicodedata.normalize",
        "unicodedata.category", "unicodedata.combining", "unicodedata.east_asian_width", "binascii.hexlify",
        "binascii.unhexlify", "base64.b64encode", "base64.b64decode", "urllib.parse.quote", "urllib.parse.unquote",
        "shlex.quote", "keyword.iskeyword", "struct.calcsize", "zlib.crc32",
    },
)  # fmt: skip
"""Functions of the standard library without effects when all arguments are scalars."""

STABLE_VALUES = frozenset(
    {
        "math.pi", "math.e", "math.tau", "math.inf", "math.nan", "os.sep", "os.linesep", "os.altsep", "os.pathsep",
        "os.extsep", "os.curdir", "os.pardir", "os.devnull", "os.name", "sys.maxsize", "sys.byteorder", "sys.platform",
        "sys.version_info", "sys.maxunicode", "sys.float_info", "string.ascii_letters", "string.ascii_lowercase",
        "string.ascii_uppercase", "string.digits", "string.hexdigits", "string.octdigits", "string.printable",
        "string.punctuation", "string.whitespace",
        *(f"re.{flag}" for flag in (
            "A", "ASCII", "DEBUG", "DOTALL", "I", "IGNORECASE", "L", "LOCALE", "M", "MULTILINE", "S", "U", "UNICODE",
            "VERBOSE", "X",
        )),
    },
)  # fmt: skip
"""Values of the standard library that nothing rebinds."""

CLASSES = frozenset(
    {
        "bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "range",
        "set", "str", "tuple", "type",
    },
)  # fmt: skip
"""Builtin classes: `isinstance` against these runs no `__instancecheck__` of the project."""
