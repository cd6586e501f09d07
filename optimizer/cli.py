"""Arguments -> Config; builds the adapters; exit codes. The only place where everything is put together.

Exit codes: 0 done, whatever was found; 1 done, and what `--fail-on` names was found; 2 wrong usage or
configuration; 3 no trustworthy answer can be given here; 130 interrupted; 70 a bug of ours, with its
traceback. A log that a workflow parses may be what reads all of it, so no text of a project gets there as it is.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType

from optimizer import __version__
from optimizer.errors import OptimizerError
from optimizer.safe_text import safe_text

_INTERRUPTED = 130
_BUG = 70
_COMMANDS = ("check", "publish", "doctor", "init", "measure", "judge", "profile", "rules", "explain")
_EPILOG = f"Further commands: {', '.join(f'optimize {name}' for name in _COMMANDS)}; each has --help."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        return _dispatch(arguments)
    except OptimizerError as error:
        sys.stderr.write(safe_text(f"optimize: {error}\n"))
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("optimize: interrupted; your files are as they were.\n")
        return _INTERRUPTED
    except Exception:  # noqa: BLE001 - the one handler: whatever else arrives here is a bug
        sys.stderr.write(safe_text(traceback.format_exc(), limit=20_000))
        sys.stderr.write("optimize: this is a bug in tenpercent; please report it with the text above.\n")
        return _BUG
    finally:
        signal.signal(signal.SIGTERM, previous)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _dispatch(arguments: list[str]) -> int:
    named = bool(arguments) and arguments[0] in _COMMANDS
    name = arguments[0] if named else "optimize"
    # Imported only now: an interruption while all of it loads is answered like any other.
    command = importlib.import_module(f"optimizer.commands.{name}_command")
    if named:
        parser = argparse.ArgumentParser(prog=f"optimize {name}", description=command.run.__doc__)
    else:
        parser = argparse.ArgumentParser(prog="optimize", description=command.run.__doc__, epilog=_EPILOG)
        parser.add_argument("--version", action="version", version=f"tenpercent {__version__}")
    command.arguments(parser)
    words, rest = arguments[1:] if named else arguments, []
    if getattr(command, "TAKES_COMMAND", False) and "--" in words:
        at = words.index("--")
        words, rest = words[:at], words[at + 1 :]
    return int(command.run(parser.parse_args(words, argparse.Namespace(command=rest))))
