"""The A/A controls of one run, one for each interpreter, and what earlier runs on this machine left in the log."""

from __future__ import annotations

from dataclasses import dataclass, field

from optimizer.measure.control import Control, control_of, control_processes
from optimizer.measure.environment import cpu_model
from optimizer.measure.prior import refitted_sd
from optimizer.model import SameCode, Subject
from optimizer.ports import Ledger, Runner


@dataclass(slots=True, kw_only=True)
class Controls:
    """Measures the same code against itself beside each claim, and keeps what came of it for the run.

    The numbers of all claims of a run on one interpreter make that interpreter's control. They go into the log
    that `ledger` keeps for the machine; `prior_sd` is what that log said when the run began.
    """

    ledger: Ledger | None = None
    cpu: str = field(default_factory=cpu_model)
    prior_sd: float = field(init=False)
    _values: dict[str, list[float]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.prior_sd = refitted_sd(self.ledger.same_code(self.cpu) if self.ledger else ())

    def measure(self, subject: Subject, runner: Runner, *, apart: bool) -> Control:
        """The control of this subject, which also counts for the run. Raises Unmeasurable."""
        processes = control_processes(subject, runner, apart=apart)
        values = [process.x for process in processes]
        python = processes[0].python_version
        self._values.setdefault(python, []).extend(values)
        if self.ledger:
            self.ledger.log_same_code(self.cpu, python, values)
        return control_of(values, subject=f"{subject.module}:{', '.join(subject.qualnames)}")

    def of_run(self) -> tuple[SameCode, ...]:
        """What the run's controls have come to so far, one for each interpreter."""
        controls = {
            python: control_of(values, subject=f"Python {python}") for python, values in self._values.items()
        }
        return tuple(
            SameCode(python=python, ratio=control.ratio, processes=control.processes, blocks=control.blocks)
            for python, control in controls.items()
        )

    def objection(self) -> str:
        """Why this run may claim nothing, as a sentence; "" when its controls are in order."""
        for control in self.of_run():
            if control.blocks:
                return (
                    f"In this run the same code measured against itself came out {control.ratio:.3f}x on Python"
                    f" {control.python} over {control.processes} processes, so the run claims nothing;"
                    " measure on a quieter machine."
                )
        return ""
