"""Draw agentmgr/docs/demo.svg: the demo's screen as it was in the middle of a run with seed 1."""

import io

from rich.console import Console

from agentmgr.demo.run import START_S
from agentmgr.demo.screen import DemoView, screen

VIEW = DemoView(
    campaign="Demo campaign",
    pacing="predictive",
    speed=100,
    now=START_S + 1930,
    done=287,
    total=500,
    agents={"Ready": 18, "NotReady": 1, "PendingNotReady": 1},
    calls={"Idle": 2, "Talking": 13, "Held": 1, "Wrapup": 3, "NoState": 1},
    dialing=8,
    waiting=0,
    attempts=612,
    attempts_per_min=19.5,
    live_answers=263,
    abandoned=2,
    abandon_limit=0.03,
    utilisation=0.871,
)


def render() -> str:
    """Return the picture as SVG."""
    console = Console(
        record=True, width=100, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(screen(VIEW))
    return console.export_svg(title="./scripts/demo", unique_id="demo")
