"""What a user can mend, as one tree of exceptions.

    OptimizerError            exit code 2
    |-- UsageError            2   the command line asks for something that is not there
    |-- ConfigError           2   [tool.optimizer] holds something unusable
    |-- BundleError           2   a bundle is not one that an honest run writes
    |-- ForgeError            3   the forge (GitHub) did not do what was asked
    |   `-- ForgeConflict     3   what should be new is there already
    `-- EnvironmentFault      3   no trustworthy answer can be given here
        |-- ProjectError      3   the project cannot be read or run (no git, failing suite, ...)
        |-- WorkerError       3   a process that ran the project's code did not answer
        `-- SandboxError      3   the asked-for level of isolation cannot be reached

Every message says what, where, and how to mend it, in one sentence. Anything that is not an
OptimizerError is a bug: `cli` shows its traceback and asks for a report.
"""

from __future__ import annotations


class OptimizerError(Exception):
    """Something that the user can mend; the message is one clear sentence."""

    exit_code = 2


class UsageError(OptimizerError):
    """The command line asks for something that is not there."""


class ConfigError(OptimizerError):
    """`[tool.optimizer]` holds something unusable."""


class BundleError(OptimizerError):
    """A bundle is not one that an honest run writes."""


class ForgeError(OptimizerError):
    """The forge did not do what was asked, or cannot be reached."""

    exit_code = 3


class ForgeConflict(ForgeError):
    """What should be new is there already: look again."""


class EnvironmentFault(OptimizerError):
    """No trustworthy answer can be given in this environment."""

    exit_code = 3


class ProjectError(EnvironmentFault):
    """The project cannot be read or run."""


class WorkerError(EnvironmentFault):
    """A process that ran the project's code did not answer as it should."""


class SandboxError(EnvironmentFault):
    """The asked-for level of isolation cannot be reached."""
