"""The floor on a screen of any size: what is known of it, and how it is drawn; no terminal is touched."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from agentmgr.cli.common import clock_time
from agentmgr.text import shown

Row = Mapping[str, Any]

WAITING = "waiting for the server"
MIN_WIDTH, MIN_HEIGHT = 40, 8
MOST_CAMPAIGNS = 0.4
"""The share of the screen that campaigns may take."""

HEAD = "bold"
DIM = "dim"
CHOSEN = "reverse"
ALERT = "bold red"
GOOD = "green"


@define(eq=False)
class Floor:
    """What was told of the zones; `row` takes it in, whoever draws reads it.

    `chosen` is the zone and name of the chosen campaign, `first` the place of the first agent on the screen.
    `trouble` says why nothing new comes, `said` what came of the last command, `asks` for what a key is
    waited.
    """

    zones: dict[str, dict[str, Any]] = field(factory=dict)
    agents: dict[tuple[str, str], Row] = field(factory=dict)
    campaigns: dict[tuple[str, str], Row] = field(factory=dict)
    chosen: tuple[str, str] = ("", "")
    first: int = 0
    trouble: str = WAITING
    said: str = ""
    asks: str = ""
    _told: dict[tuple[str, str], Row] = field(factory=dict)

    def row(self, row: Row) -> bool:
        """Take a row in; returns whether all of this moment is in, and can be drawn."""
        match row["kind"]:
            case "zone":
                zone = str(row["zone"])
                self.zones[zone] = dict(row)
                if row["whole"]:
                    self.agents = {key: each for key, each in self.agents.items() if key[0] != zone}
                if row["looked"]:
                    self._told = {key: each for key, each in self._told.items() if key[0] != zone}
            case "agent":
                self.agents[str(row["zone"]), str(row["agent"])] = row
            case "gone":
                self.agents.pop((str(row["zone"]), str(row["agent"])), None)
            case "campaign":
                self._told[str(row["zone"]), str(row["campaign"])] = row
            case "drawn":
                self.campaigns, self.trouble = dict(self._told), ""
                if self.chosen not in self.campaigns:
                    self.chosen = min(self.campaigns, default=("", ""))
                return True
        return False

    def lose(self, why: str) -> None:
        """The server is gone: what is shown is old, and nobody can be sure of it."""
        self.trouble = why
        self.zones.clear()
        self.agents.clear()
        self.campaigns.clear()
        self._told.clear()
        self.chosen = ("", "")

    @property
    def chosen_campaign(self) -> str:
        """The name of the chosen campaign; empty without one."""
        return self.chosen[1]

    def choose(self, by: int) -> None:
        """Choose another campaign."""
        keys = sorted(self.campaigns)
        if self.chosen in keys:
            self.chosen = keys[max(0, min(keys.index(self.chosen) + by, len(keys) - 1))]

    def scroll(self, by: int) -> None:
        """Show other agents."""
        self.first = max(0, min(self.first + by, len(self.agents) - 1))

    # -- drawing -------------------------------------------------------------------------------

    def draw(self, width: int, height: int) -> list[Text]:
        """Return so many lines at most, none wider than the screen."""
        if width < MIN_WIDTH or height < MIN_HEIGHT:
            return [_line(f"too small: {MIN_WIDTH}x{MIN_HEIGHT} at least", width)]
        head = [self._title(width)]
        foot = [self._foot(width)]
        if self.trouble:
            middle = [Text(""), _line(self.trouble, width, ALERT)]
            return [*head, *middle, *_blank(height - len(head) - len(middle) - len(foot)), *foot]
        room = height - len(head) - len(foot)
        campaigns = self._campaigns(width, max(3, int(room * MOST_CAMPAIGNS)))
        agents = self._agents(width, room - len(campaigns))
        lines = [*head, *campaigns, *agents]
        return [*lines, *_blank(height - len(lines) - len(foot)), *foot]

    def _title(self, width: int) -> Text:
        zones = ", ".join(
            f"{shown(name)} {zone['state']}{' NO TELEPHONY' if zone['telephony_is_down'] else ''}"
            for name, zone in sorted(self.zones.items())
        )
        agents = self.agents.values()
        ready = sum(row["state"] == "Ready" for row in agents)
        talking = sum(bool(row["talking"]) for row in agents)
        there = f"{len(self.agents)} agents, {ready} ready, {talking} talking"
        return _line(f"agentmgr top   {zones or 'no zones'}   {there}", width, HEAD)

    def _campaigns(self, width: int, height: int) -> list[Text]:
        keys = sorted(self.campaigns)
        rows = [self.campaigns[key] for key in keys]
        if not rows:
            return [_line("no campaign runs here", width, DIM), Text("")]
        columns = _CAMPAIGN if width < WIDE else (*_CAMPAIGN, *_CAMPAIGN_MORE)
        room = max(1, height - 3)
        chosen = keys.index(self.chosen) if self.chosen in keys else 0
        first = max(0, min(chosen - room // 2, len(rows) - room))
        lines = [_table_line([(title, size) for title, size, _ in columns], width, HEAD)]
        for place, row in enumerate(rows[first : first + room], first):
            cells = [(show(row), size) for _, size, show in columns]
            lines.append(_table_line(cells, width, CHOSEN if place == chosen else ""))
        left = rows[chosen]
        why = str(left["why"])
        what = (
            f"fresh {left['fresh']}, waiting {left['waiting']}, outside hours {left['outside_hours']},"
            f" reached {left['reached']}, do-not-call {left['do_not_call']}, used up {left['used_up']}"
        )
        more = f" ({len(rows)} campaigns)" if len(rows) > room else ""
        return [*lines, _line(f"> {shown(why)}{more}", width, GOOD), _line(f"  {what}", width, DIM)]

    def _agents(self, width: int, height: int) -> list[Text]:
        if height < 2:
            return []
        rows = [self.agents[key] for key in sorted(self.agents)]
        room = height - 1
        if len(rows) > room:
            room -= 1
        first = max(0, min(self.first, len(rows) - room))
        columns = _AGENT if width < WIDE else (*_AGENT, *_AGENT_MORE)
        lines = [_table_line([(title, size) for title, size, _ in columns], width, HEAD)]
        for row in rows[first : first + room]:
            at = float(self.zones.get(str(row["zone"]), {}).get("at", 0.0))
            cells = [(show({**row, "at": at}), size) for _, size, show in columns]
            style = ALERT if row["desktop"] != "there" else ""
            lines.append(_table_line(cells, width, style))
        if len(rows) > room:
            last = min(first + room, len(rows))
            lines.append(_line(f"agents {first + 1} to {last} of {len(rows)}; PgUp and PgDn", width, DIM))
        return lines

    def _foot(self, width: int) -> Text:
        if self.asks:
            return _line(self.asks, width, HEAD)
        keys = "up/down choose  p pause  r resume  s stop  e set  PgUp/PgDn agents  q quit"
        return _line(shown(self.said), width, HEAD) if self.said else _line(keys, width, DIM)


WIDE = 110
"""From so many columns on there is room for more of each row."""


def _text(key: str) -> Any:
    return lambda row: shown(str(row[key])) if row[key] not in (None, "") else "-"


def _number(key: str) -> Any:
    return lambda row: f"{row[key]:g}"


def _share(row: Row) -> str:
    answers = row["live_answers"]
    return f"{row['abandoned'] / answers:.1%}" if answers else "-"


def _doing(row: Row) -> str:
    more = f" {row['desktop']}" if row["desktop"] != "there" else ""
    more += " leaves" if row["leaving"] else ""
    return f"{_SHORT.get(row['state'], row['state'])}{more}"


_SHORT = {"PendingNotReady": "PendNotReady"}


def _for(row: Row) -> str:
    return clock_time(float(row["at"]) - float(row["since_at"]))


def _talk(row: Row) -> str:
    on_s = float(row["at"]) - float(row["seen_at"]) if row["talking"] else 0.0
    return clock_time(float(row["talk_s"]) + max(0.0, on_s))


_CAMPAIGN: Sequence[tuple[str, int, Any]] = (
    ("campaign", 18, _text("campaign")),
    ("state", 9, _text("state")),
    ("agents", 9, lambda row: f"{row['agents_idle']}+{row['agents_busy']}/{row['agents']}"),
    ("ring", 4, _number("ringing")),
    ("dial/m", 6, _number("dials_a_minute")),
    ("ans/m", 6, _number("answers_a_minute")),
    ("lost", 5, _share),
    ("done", 15, lambda row: f"{row['done']}/{row['contacts']}"),
)
_CAMPAIGN_MORE: Sequence[tuple[str, int, Any]] = (
    ("zone", 12, _text("zone")),
    ("here", 8, _number("done_here")),
    ("dials", 8, _number("dials")),
    ("answers", 8, _number("live_answers")),
)
_AGENT: Sequence[tuple[str, int, Any]] = (
    ("agent", 8, _text("agent")),
    ("name", 10, _text("name")),
    ("state", 13, _doing),
    ("call", 9, _text("call")),
    ("for", 7, _for),
    ("campaign", 11, _text("campaign")),
    ("calls", 5, _number("calls")),
    ("talk", 7, _talk),
)
_AGENT_MORE: Sequence[tuple[str, int, Any]] = (
    ("contact", 14, _text("contact")),
    ("walk-aways", 10, _number("walk_aways")),
    ("reason", 8, _text("reason")),
)


def _table_line(cells: Sequence[tuple[str, int]], width: int, style: str) -> Text:
    return _line(" ".join(_fit(text, size) for text, size in cells), width, style)


def _fit(text: str, size: int) -> str:
    """Return a text in so many columns of the screen; what is left out is shown by a sign."""
    return set_cell_size(text, size) if cell_len(text) <= size else f"{set_cell_size(text, size - 1)}~"


def _line(text: str, width: int, style: str = "") -> Text:
    return Text(_fit(text, width).rstrip() if not style else _fit(text, width), style=style, no_wrap=True)


def _blank(lines: int) -> Iterator[Text]:
    return (Text("") for _ in range(max(0, lines)))
