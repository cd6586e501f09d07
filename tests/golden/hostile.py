"""Texts that want to be more than text."""

from __future__ import annotations

from hypothesis import strategies as st

HOSTILE = (
    "</details><script>alert(1)</script>",
    "</summary></code></pre><img src=x onerror=alert(1)>",
    "@octocat fixes #1, GH-2 and octo/cat#3 octo/cat@0123456789abcdef0123456789abcdef01234567",
    "octocat@example.org mailto:octocat@example.org xmpp:octocat@example.org",
    "[x](https://evil.example) ![y](https://evil.example/z.png) <https://evil.example>",
    "www.evil.example https://evil.example ftp://evil.example HTTPS://EVIL.EXAMPLE",
    "a | b\n\n# Heading\n- [x] ticked <!-- tenpercent go -->",
    "a\\|b `c\\` | d `| e` \\",
    "``` ` <!-- --> &lt;b&gt; &#64;octocat &commat;octocat",
    "```\n```suggestion\nimport os\n```\n@octocat",
    "~~~\n````````````\n",
    "`@octocat` ``#1`` `` ` `` @octocat",
    "1. one\n2) two\n+ three\n===\n---\n| - | - |\n:-: | :-:",
    "> quoted\n\n    indented\n\n[^1]: note\n[!NOTE]",
    "$x$ $$y$$ $`z`$ :tada: :+1: :heart_eyes: :_: *b* _i_ ~s~",
    "\u202egnp.exe \u2066x\u2069 \u200b\u200d\u2060\ufeff \U000e0041",
    "\x1b[2J\x1b]8;;https://evil.example\x07 \x9b31m \x00 \x7f",
    "::error file=a,line=1::x\r::set-output name=a::b\n::add-mask::x ##[add-path]/tmp",
    "a,b:c%0A::stop-commands::x%0D%25",
    "\ud800 \udfff \udc80",
    "x" * 5_000,
    "`" * 3_000,
    "`" * 100,
    "::error::x " * 60,
    "|" * 3_000,
    "&" * 3_000,
    "",
    " \t\n\r\x0b\x0c\x1c\x85\u2028\u2029 ",
)
_PIECES = (
    *"`|\\<>&#@*_~[]()!-+=:.$ \n\r\t1a%,",
    "```",
    "::",
    "##[",
    "www.",
    "://",
    "GH-",
    "<!--",
    "-->",
    "</details>",
    "<b>",
    "&lt;",
    "suggestion\n",
    "\u200b",
    "\u202e",
    "\x1b",
    "\x85",
    "\ud800",
    "é",
    "漢",
)


def texts() -> st.SearchStrategy[str]:
    """Texts of pieces that mean something somewhere, mixed with any others."""
    odd = st.lists(st.sampled_from(_PIECES), max_size=30).map("".join)
    anything = st.text(st.characters(codec=None), max_size=40)
    return odd | anything | st.tuples(odd, anything).map("".join)
