"""A picture of what was measured: utilisation against abandoned calls, a curve for each pacer."""

from collections.abc import Sequence
from pathlib import Path

from scripts.benchmarks.pacing.days import ABANDON_LIMIT
from scripts.benchmarks.pacing.measure import Row
from scripts.benchmarks.pacing.optimum import optimum
from scripts.benchmarks.pacing.scenes import SCENES

SUFFIXES = (".png", ".svg", ".pdf")


class NoPlot(Exception):
    """The picture cannot be drawn; the text says what to do."""


def check(path: Path) -> None:
    """Find out before anything is measured whether a picture can be drawn there.

    Raises:
        NoPlot: it cannot.
    """
    if path.suffix not in SUFFIXES:
        raise NoPlot(f"--plot {path}: a picture's name ends in {', '.join(SUFFIXES)}")
    if not path.absolute().parent.is_dir():
        raise NoPlot(f"--plot {path}: there is no directory {path.absolute().parent}")
    try:
        import matplotlib  # noqa: F401 - whether it is there
    except ImportError:
        raise NoPlot("--plot needs matplotlib; install it with: ./scripts/setup dev") from None


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the rows of one scene; numbers stand at the points for how many agents there were."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import PercentFormatter

    (scene,) = {row.scene for row in rows}
    figure, axes = pyplot.subplots(figsize=(9, 6))
    for pacer in dict.fromkeys(row.pacer for row in rows):
        own = [row for row in rows if row.pacer == pacer]
        rates = [row.abandon_rate for row in own]
        axes.plot(rates, [row.utilisation for row in own], "o-", label=pacer, alpha=0.8)
        for row in own:
            axes.annotate(
                str(row.agents), (row.abandon_rate, row.utilisation), (4, 4), textcoords="offset points"
            )
    if SCENES[scene].has_optimum:
        known = [(agents, optimum(agents)) for agents in dict.fromkeys(row.agents for row in rows)]
        best = [(agents, value) for agents, value in known if value is not None]
        axes.plot([ABANDON_LIMIT] * len(best), [value for _, value in best], "k*", label="optimum")
        for agents, value in best:
            axes.annotate(str(agents), (ABANDON_LIMIT, value), (6, -4), textcoords="offset points")
    axes.axvline(ABANDON_LIMIT, color="grey", linestyle=":", label="allowed")
    axes.set(title=f"Scene {scene}", xlabel="abandoned of live answers", ylabel="utilisation")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=1))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
