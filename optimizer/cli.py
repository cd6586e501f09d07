"""Arguments -> Config; builds the adapters; exit codes. The only place where everything is put together.

Exit codes: 0 done, whatever was found; 2 wrong usage or configuration; 3 no trustworthy answer can be
given here; 130 interrupted; 70 a bug of ours, with its traceback.
"""

from __future__ import annotations

import argparse
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType

from optimizer import __version__
from optimizer.commands import check_command, explain_command, optimize_command, rules_command
from optimizer.errors import OptimizerError

_INTERRUPTED = 130
_BUG = 70
_COMMANDS = {
    "check": (check_command.arguments, check_command.run),
    "rules": (rules_command.arguments, rules_command.run),
    "explain": (explain_command.arguments, explain_command.run),
}
_EPILOG = f"Further commands: {', '.join(f'optimize {name}' for name in _COMMANDS)}; each has --help."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        return _dispatch(arguments)
    except OptimizerError as error:
        sys.stderr.write(f"optimize: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("optimize: interrupted; your files are as they were.\n")
        return _INTERRUPTED
    except Exception:  # noqa: BLE001 - the one handler: whatever else arrives here is a bug
        traceback.print_exc()
        sys.stderr.write("optimize: this is a bug in tenpercent; please report it with the text above.\n")
        return _BUG
    finally:
        signal.signal(signal.SIGTERM, previous)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _dispatch(arguments: list[str]) -> int:
    if arguments and arguments[0] in _COMMANDS:
        name, rest = arguments[0], arguments[1:]
        declare, run = _COMMANDS[name]
        parser = argparse.ArgumentParser(prog=f"optimize {name}", description=run.__doc__)
    else:
        rest = arguments
        declare, run = optimize_command.arguments, optimize_command.run
        parser = argparse.ArgumentParser(prog="optimize", description=run.__doc__, epilog=_EPILOG)
        parser.add_argument("--version", action="version", version=f"tenpercent {__version__}")
    declare(parser)
    return run(parser.parse_args(rest))
