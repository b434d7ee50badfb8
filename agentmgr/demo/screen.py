"""What a supervisor sees of a campaign: a live screen, plain lines where there is no terminal, a summary."""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import ceil

from attrs import frozen
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

BAR_WIDTH = 6
SUMMARY_BAR_WIDTH = 24


@frozen
class DemoView:
    """A campaign at one moment; rates and utilisation from 0 to 1, `now` in epoch seconds."""

    campaign: str
    pacing: str
    speed: float
    now: float
    done: int
    total: int
    agents: Mapping[str, int]
    calls: Mapping[str, int]
    dialing: int
    waiting: int
    attempts: int
    attempts_per_min: float
    live_answers: int
    abandoned: int
    abandon_limit: float
    utilisation: float

    @property
    def live_answer_rate(self) -> float:
        """The share of attempts that reached a person."""
        return self.live_answers / self.attempts if self.attempts else 0.0

    @property
    def abandon_rate(self) -> float:
        """The share of answered calls that found no agent."""
        return self.abandoned / self.live_answers if self.live_answers else 0.0


def screen(view: DemoView) -> RenderableType:
    """Draw the live screen."""
    time = datetime.fromtimestamp(view.now, UTC).strftime("%A %H:%M:%S UTC")
    progress = Table.grid(padding=(0, 2), expand=True)
    progress.add_column(no_wrap=True)
    progress.add_column(ratio=1)
    progress.add_column(no_wrap=True, justify="right")
    share = view.done / view.total if view.total else 0.0
    progress.add_row(
        Text("Contacts done", style="bold"),
        ProgressBar(total=max(view.total, 1), completed=view.done),
        f"{view.done} of {view.total}  {share:>4.0%}",
    )
    states = Table.grid(padding=(0, 2), expand=True)
    states.add_row(
        _counts("Agents", view.agents),
        _counts("Calls", {**view.calls, "(ringing)": view.dialing, "(waiting)": view.waiting}),
        _numbers(view),
    )
    return Panel(
        Group(progress, Text(), states),
        title=f"[bold]{view.campaign}[/bold]  {view.pacing}",
        subtitle=f"{time}  at {view.speed:g} times real time",
        padding=(1, 2),
    )


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = _table(title)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right", style="cyan")
    table.add_column(no_wrap=True)
    most = max(max(counts.values(), default=0), 1)
    for name, count in counts.items():
        table.add_row(name, str(count), Text("■" * ceil(BAR_WIDTH * count / most), style="cyan"))
    return table


def _numbers(view: DemoView) -> Table:
    table = _table("Campaign")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    within = view.abandon_rate <= view.abandon_limit
    table.add_row("Attempts", str(view.attempts))
    table.add_row("Attempts per minute", f"{view.attempts_per_min:.1f}")
    table.add_row("Live-answer rate", f"{view.live_answer_rate:.1%}")
    table.add_row("Abandoned", str(view.abandoned))
    table.add_row("Abandon rate", Text(f"{view.abandon_rate:.1%}", style="green" if within else "red"))
    table.add_row("  of at most", f"{view.abandon_limit:.1%}")
    table.add_row("Utilisation", f"{view.utilisation:.1%}")
    return table


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        show_header=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


def plain_line(view: DemoView) -> str:
    """Say the same in one line."""
    calls = " ".join(f"{name}={count}" for name, count in view.calls.items() if count)
    return (
        f"{view.done}/{view.total} contacts, {view.attempts} attempts ({view.attempts_per_min:.1f}/min), "
        f"live {view.live_answer_rate:.1%}, abandoned {view.abandon_rate:.1%}, "
        f"utilisation {view.utilisation:.1%}; {calls}"
    )


def summary_table(dispositions: Mapping[str, int]) -> Table:
    """Draw how contacts ended, by completion code."""
    table = Table(title="Contacts by completion code", title_justify="left", title_style="bold")
    table.add_column("Completion code")
    table.add_column("Contacts", justify="right")
    table.add_column("", min_width=SUMMARY_BAR_WIDTH)
    most = max(dispositions.values(), default=1)
    for code, count in dispositions.items():
        table.add_row(
            code, str(count), Text("■" * max(1, round(SUMMARY_BAR_WIDTH * count / most)), style="cyan")
        )
    table.add_row("Total", str(sum(dispositions.values())), style="bold")
    return table
