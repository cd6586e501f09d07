"""Steps -> calls of the forge, and the forge -> the situation that a plan is made for.

Each round looks at everything anew. A step that finds something else than was planned for ends its round, and
so does one of which nobody knows whether it has happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from optimizer.discover import discover
from optimizer.errors import ForgeConflict, ForgeError
from optimizer.ports import Forge, Pull
from optimizer.publish.base import Base, checkout, fetch_base, unfit
from optimizer.publish.body import body_of, title_of
from optimizer.publish.bundle import Claims
from optimizer.publish.fingerprint import function_digest
from optimizer.publish.marker import (
    BRANCHES,
    DASHBOARD,
    Mark,
    commit_message,
    is_ours,
    is_untouched,
    mark_of,
    marked,
    visible,
)
from optimizer.publish.plan import (
    EditDashboard,
    Limits,
    OpenDashboard,
    Propose,
    Renew,
    Situation,
    Step,
    Tidy,
    Withdraw,
    plan,
)
from optimizer.publish.rerun import Offer, Refused, rerun
from optimizer.report.safe import for_markdown
from optimizer.transform import Transform

_ROUNDS = 12
_TITLE = "Faster functions, found and proved"
_DONE = {
    "open": "opened",
    "edit": "edited",
    "make": "made",
    "close": "closed",
    "delete": "deleted",
    "suggest": "suggested",
}
Answers = dict[tuple[str, frozenset[str]], tuple[Offer | Refused, ...]]
"""What became of the claims on a commit of which these paths were fetched: always the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done, and what was not published and why: sentences for a log."""

    steps: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Publishes the claims of one bundle.

    `now` gives seconds since the epoch; `limits` None: the base's settings, with `max_open` in place of theirs when
    it is given.

    With `dry_run` the first round's steps are named and nothing is done.
    """

    forge: Forge
    claims: Claims
    transforms: Sequence[Transform]
    now: Callable[[], float]
    folder: str = ""
    limits: Limits | None = None
    max_open: int | None = None
    dry_run: bool = False
    base: str = ""
    """The branch that pull requests go to, "" for the default branch; with one, only pull requests to it count."""

    def run(self) -> Done:
        """Round after round until nothing is left to do; ForgeError when the forge says no."""
        done: list[str] = []
        because = ""
        known: Answers = {}
        for _ in range(_ROUNDS):
            situation, refused = self._look(known)
            steps = plan(situation)
            if self.dry_run or not steps:
                done += [_said(step, dry_run=True) for step in steps]
                return Done(steps=tuple(done), refused=refused)
            more, because = self._round(steps, situation)
            done += more
        last = because and f" ({because.rstrip('.')})"
        message = f"GitHub keeps changing while it is looked at{last}; run it again."
        raise ForgeError(message)

    def _round(self, steps: Sequence[Step], situation: Situation) -> tuple[list[str], str]:
        """What was done, and why no more was."""
        done: list[str] = []
        for step in steps:
            try:
                self._do(step, situation)
            except ForgeConflict as conflict:
                return done, str(conflict)
            done.append(_said(step))
        return done, ""

    # --- looking ---

    def _look(self, known: Answers) -> tuple[Situation, tuple[Refused, ...]]:
        branch = self.base or self.forge.default_branch()
        commit = self.forge.tip(branch)
        if not commit:
            message = f"GitHub has no branch {branch} at this moment; run it again when it is there."
            raise ForgeError(message)
        boards = self.forge.issues(DASHBOARD)
        board = boards[0] if boards else None
        tips = {name: self.forge.commit(sha) for name, sha in self.forge.branches(BRANCHES).items()}
        seen = self.forge.pulls_since(board.created if board else 0.0)
        pulls = [pull for pull in seen if pull.home and pull.branch.startswith(BRANCHES)]
        marks = {pull.number: mark for pull in pulls if pull.open and (mark := mark_of(pull.body))}
        paths = {claim.path for claim in self.claims.claims} | {
            _inside(mark.path, self.folder) for mark in marks.values()
        }
        base = fetch_base(self.forge, commit, paths, folder=self.folder)
        key = (commit, frozenset(paths))
        if key not in known:
            known[key] = tuple(rerun(self.claims.claims, base, self.transforms))
        answers = known[key]
        refused = tuple(one for one in answers if isinstance(one, Refused))
        situation = Situation(
            base=branch,
            commit=commit,
            claims=self.claims,
            offers=tuple(one for one in answers if isinstance(one, Offer)),
            pulls=tuple(pulls),
            tips=tips,
            dashboard=board,
            now=self.now(),
            limits=self.limits or _limits(base, self.max_open),
            lapsed=self._lapsed(marks, base, refused) if not self.base else {},
            has_dashboard=not self.base,
        )
        return situation, refused

    def _lapsed(
        self,
        marks: Mapping[int, Mark],
        base: Base,
        refused: Sequence[Refused],
    ) -> Mapping[int, str]:
        """Why the changes of open pull requests no longer hold, as far as anything says so."""
        with checkout(base) as repository:
            found = discover(repository, base.config)
        texts = {file.path: file.text for file in found.files}
        against = {one.fingerprint: one.because for one in refused if one.fingerprint}
        reasons = {
            number: _why_lapsed(mark, _inside(mark.path, self.folder), base, texts, against)
            for number, mark in marks.items()
        }
        return {number: because for number, because in reasons.items() if because}

    # --- doing ---

    def _do(self, step: Step, situation: Situation) -> None:
        match step:
            case OpenDashboard(body=body):
                self.forge.open_issue(title=_TITLE, body=body)
            case EditDashboard(number=number, body=body):
                self.forge.edit_issue(number, body=body)
            case Propose(offer=offer, branch=branch):
                self._propose(offer, branch, situation)
            case Renew(offer=offer, branch=branch, number=number):
                self._point(branch, offer, situation)
                title, body = _texts(offer, situation)
                self.forge.edit_pull(number, title=title, body=body)
            case Withdraw(pull=pull, mark=mark, because=because):
                self._withdraw(pull, mark, because)
            case Tidy(branch=branch):
                self.forge.delete_branch(branch)

    def _propose(self, offer: Offer, branch: str, situation: Situation) -> None:
        """Look once more, in every state: another run may have been faster."""
        if any(_blocks(pull) for pull in self.forge.pulls_of(branch)):
            message = f"{branch} has a pull request by now."
            raise ForgeConflict(message)
        self._point(branch, offer, situation)
        title, body = _texts(offer, situation)
        self.forge.open_pull(branch=branch, base=situation.base, title=title, body=body)

    def _point(self, branch: str, offer: Offer, situation: Situation) -> None:
        """Let the branch be one commit on the base of today; hands off one that a person has pushed to."""
        base = self.forge.commit(situation.commit)
        tree = self.forge.write_tree(base, offer.path, offer.mode, offer.data)
        tip = self.forge.tip(branch)
        there = self.forge.commit(tip) if tip else None
        if there is not None and there.tree == tree and there.parents == (base.sha,) and is_ours(there):
            return
        if there is not None and not is_ours(there):
            message = f"{branch} was pushed to by a person."
            raise ForgeConflict(message)
        title = title_of(offer, situation.claims)
        message = commit_message(title, fingerprint=offer.fingerprint, base=base.sha, tree=tree)
        commit = self.forge.write_commit(base, tree, message)
        if there is None:
            self.forge.create_branch(branch, commit)
        else:
            self.forge.move_branch(branch, commit)

    def _withdraw(self, pull: Pull, mark: Mark, because: str) -> None:
        """Close and say why in one call, unless a person has touched it since it was looked at."""
        now = self.forge.pull(pull.number)
        if not now.open or now.head != pull.head or not is_untouched(now.body):
            message = f"#{pull.number} has changed."
            raise ForgeConflict(message)
        text = f"**Withdrawn:** {for_markdown(because)}\n\n{visible(now.body)}"
        body = marked(replace(mark, withdrawn=True), text)
        self.forge.edit_pull(pull.number, title=now.title, body=body, close=True)


def _limits(base: Base, max_open: int | None) -> Limits:
    return Limits(
        max_open=base.config.max_open_pull_requests if max_open is None else max_open,
        max_a_day=base.config.max_pull_requests_a_day,
        ask_first=base.config.ask_first,
    )


def _texts(offer: Offer, situation: Situation) -> tuple[str, str]:
    title = title_of(offer, situation.claims)
    return title, body_of(offer, base=situation.commit)


def _blocks(pull: Pull) -> bool:
    """Whether a pull request speaks against another from the same branch: all but those that we closed."""
    mark = mark_of(pull.body)
    return pull.open or mark is None or not mark.withdrawn


def _inside(path: str, folder: str) -> str:
    return path.removeprefix(f"{folder}/") if folder else path


def _why_lapsed(
    mark: Mark, path: str, base: Base, texts: Mapping[str, str], against: Mapping[str, str]
) -> str:
    if not base.config.enabled:
        return "[tool.optimizer] says enabled = false."
    if unfit(path, base.entries):
        return "the file is no longer there."
    if path not in texts:
        return "the file is to be left alone now."
    if function_digest(texts[path], mark.names) != mark.function:
        return "the function has changed since."
    because = against.get(mark.fingerprint, "")
    if because and base.commit != mark.base and "budget exhausted" not in because:
        return f"on the present base it no longer holds: {because}"
    return ""


def said(verb: str, what: str, *, dry_run: bool) -> str:
    """What was done, or with `dry_run` would be, as a phrase for a log."""
    return f"would {verb} {what}" if dry_run else f"{_DONE[verb]} {what}"


def _said(step: Step, *, dry_run: bool = False) -> str:
    match step:
        case OpenDashboard():
            return said("open", "the dashboard issue", dry_run=dry_run)
        case EditDashboard(number=number):
            return said("edit", f"the dashboard issue #{number}", dry_run=dry_run)
        case Propose(branch=branch):
            return said("open", f"a pull request from {branch}", dry_run=dry_run)
        case Renew(number=number):
            return said("make", f"the change of #{number} again on the present base", dry_run=dry_run)
        case Withdraw(pull=pull, because=because):
            return said("close", f"#{pull.number}: {because}", dry_run=dry_run)
        case Tidy(branch=branch):
            return said("delete", f"the branch {branch}, which nothing needs any more", dry_run=dry_run)
