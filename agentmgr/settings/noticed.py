"""The times of the server that a desktop can notice, each with the setting that has it: for the reference."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import attrs
from attrs import frozen

from agentmgr.core.attempts import RING_GRACE_S
from agentmgr.core.blender import BlendRules
from agentmgr.core.campaign import CampaignSettings
from agentmgr.core.deliveries import DUE_RETRY_S
from agentmgr.core.events import Timer
from agentmgr.core.model import ZoneTimers
from agentmgr.core.nailer import DROP_TIMEOUT_S
from agentmgr.runtime.guesses import (
    FIRST_DELAY_S,
    FORGET_S,
    FREE_TRIES,
    LONGEST_DELAY_S,
    SOURCE_INTERVAL_S,
    SOURCE_TRIES,
)
from agentmgr.runtime.passwords import MAX_WAIT_S
from agentmgr.server.limits import Limits
from agentmgr.settings.classes import ServerSettings
from protocol.registry import HEARTBEAT_S

CONFIGURED: Mapping[type[Any], str] = {
    ZoneTimers: "zones.timers",
    CampaignSettings: "campaign",
    Limits: "desktops",
    ServerSettings: "server",
    BlendRules: "inbound",
}
"""The classes whose settings these are, and where they are set: tables of the file, or the campaign."""


@frozen
class Noticed:
    """What a desktop sees when a time is over; `settings` are those that the time is made of."""

    what: str
    settings: tuple[str, ...] = ()


UNSEEN: tuple[Noticed, ...] = ()

BY_TIMER: Mapping[Timer, tuple[Noticed, ...]] = {
    Timer.PREVIEW: (
        Noticed(
            "A timed preview that the desktop did not dial, though `timeout` and this grace are over, is"
            " dialled by the server: state Dialing.",
            ("preview_timeout_s", "preview_grace_s"),
        ),
        Noticed(
            "A preview or callback of a campaign without preview time ends after so long: AGTAutoReleaseLine,"
            " state Wrapup.",
            ("preview_max_s",),
        ),
    ),
    Timer.RING: (
        Noticed(
            f"A customer whose phone rang for so long: AGTDialFailed (NoAnswer). The server waits"
            f" {RING_GRACE_S:g} s more for the switch to say so.",
            ("ring_time_s",),
        ),
    ),
    Timer.PARTY: (
        Noticed("The same for an external party of a consult: AGTConsultDialFailed.", ("ring_time_s",)),
    ),
    Timer.CALL: (
        Noticed(
            "A call that lasts so long is ended by the server: AGTAutoReleaseLine, state Wrapup.",
            ("call_max_s",),
        ),
    ),
    Timer.WRAPUP: (
        Noticed(
            "The server wraps up with `defaultCompCode` once `acwMaxTime` and this grace are over: state"
            " Idle.",
            ("acw_max_time_s", "wrapup_grace_s"),
        ),
    ),
    Timer.CONSULT: (
        Noticed(
            "A consult that waits for a busy agent has failed: AGTConsultDialFailed for who asked,"
            " AGTConsultCancelled for who was asked.",
            ("consult_wait_s",),
        ),
    ),
    Timer.CALLBACK: (
        Noticed(
            "So long before its time a callback is announced: AGTPreviewCallbackPending.",
            ("callback_notice_s",),
        ),
    ),
    Timer.DUE: (
        Noticed(
            "A callback that is due comes when its agent is free (AGTCallNotify), or goes to others; while"
            " its"
            f" number is in use elsewhere it is tried again every {DUE_RETRY_S:g} s."
        ),
    ),
    Timer.EXPIRY: (
        Noticed(
            "A callback that could not be made until so long after its time: AGTPreviewCallbackCancelled."
            " The time"
            " is that of AGTCreateCallback; this one where that is 0.",
            ("callback_expiry_min",),
        ),
    ),
    Timer.NAIL: (
        Noticed(
            "The desktop must answer AGTNailupChange(PendingNailUp) with AGTReadyForNailup within this"
            " time, and"
            " the phone must be answered within this time: else AGTNailupChange(NotNailedUp).",
            ("nail_timeout_s",),
        ),
    ),
    Timer.RENAIL: (
        Noticed("After so long the server tries again: AGTNailupChange(PendingNailUp).", ("nail_retry_s",)),
    ),
    Timer.UNNAIL: (
        Noticed(
            f"A phone that is let go is taken for released after {DROP_TIMEOUT_S:g} s, whatever the switch"
            " says:"
            " AGTNailupChange(NotNailedUp), and the RESP of an AGTLogoff that waits for it."
        ),
    ),
    Timer.SILENT: (
        Noticed(
            "An agent of whom no command came for so long is asked (GetAgentStatus); without an answer in the"
            " second time its desktop counts as lost. Real seconds.",
            ("agent_silence_s", "agent_answer_s"),
        ),
    ),
    Timer.LOST: (
        Noticed(
            "An agent whose desktop is lost is logged off after so long, once a contact at hand is over.",
            ("lost_desktop_s",),
        ),
    ),
    Timer.ORPHAN: (
        Noticed("A resume token counts for so long after it was given.", ("resume_token_s",)),
        Noticed(
            "After a restart of the server an agent that was saved (AGTSaveAgentForHA) and its contact are"
            " waited"
            " for so long.",
            ("lost_desktop_s",),
        ),
    ),
    Timer.ORDER: (
        Noticed(
            "A command that waits for the word of the telephone system is refused after so long with its code"
            " (101, 121, 181, 343, 421).",
            ("order_wait_s",),
        ),
    ),
    Timer.QUEUE: (
        Noticed(
            "A person who answered and for whom no agent became free is given up: no desktop is told of the"
            " call.",
            ("queue_timeout_s",),
        ),
    ),
    Timer.BLEND: (
        Noticed(
            "An agent whom the server's blender moved (AGTBlendedToInbound, AGTBlendedToOutbound) stays for"
            " so long.",
            ("thrash_s",),
        ),
    ),
    Timer.PACE: UNSEEN,
    Timer.ENDING: UNSEEN,
    Timer.ERRAND: UNSEEN,
}
"""A line for each timer of the zone; `UNSEEN` for those of which no desktop notices anything."""

OF_THE_PROCESS = (
    Noticed(
        "How long agents may finish what they have after AGTZoneDown, whose `gracePeriodInMillis` it is; then"
        " AGTAgentLoggedOut and the close.",
        ("stop_grace_s",),
    ),
    Noticed(
        f"A connection on which nothing at all came for so long is closed; send POMClientAlive every"
        f" {HEARTBEAT_S} s.",
        ("silence_s",),
    ),
    Noticed(
        f"After more than {FREE_TRIES} wrong passwords of an agent in a row from one address the next one"
        f" waits {FIRST_DELAY_S:g} s for its check, then twice as long each time up to {LONGEST_DELAY_S:g} s."
        f" After {FORGET_S:g} s without a wrong one they are forgotten."
    ),
    Noticed(
        f"After {SOURCE_TRIES} wrong passwords from one address in a row, of agents who have not logged on"
        f" from there, one more of these is checked every {SOURCE_INTERVAL_S:g} s."
    ),
    Noticed(f"A password that would have to wait longer, or did, is answered 6: {MAX_WAIT_S:g} s."),
    Noticed("A connection whose handshake of TLS takes longer is closed.", ("handshake_s",)),
    Noticed("A new connection that has not said AgentSDKConnected by then is closed.", ("hello_s",)),
    Noticed("One over which nobody has logged on by then is closed.", ("logon_s",)),
    Noticed("A frame that was begun must be whole by then, else the connection is closed.", ("frame_s",)),
    Noticed(
        "What waits for a desktop that does not read may wait so long; then it is closed.", ("queue_age_s",)
    ),
    Noticed(
        "A desktop that closed its side, or sent what cannot be read, gets answers to what it had sent before"
        " for so long; then the connection is closed.",
        ("answers_s",),
    ),
)
"""The times of connections and of the process, real seconds."""

UNSEEN_SETTINGS = frozenset({"pace_interval_s", "linger_s", "connector_wait_s"})
"""The times of a zone and of its connections of which no desktop notices anything."""


def noticed() -> Iterator[tuple[str, str]]:
    """Yield what a desktop notices when a time is over, and the settings of that time with their defaults."""
    for each in chain(*BY_TIMER.values(), OF_THE_PROCESS):
        yield each.what, "<br>".join(_setting(name) for name in each.settings) or "fixed"


def _setting(name: str) -> str:
    """Write a setting as people know it: a key of the file, or an option of the campaign."""
    for cls, where in CONFIGURED.items():
        found = attrs.fields_dict(cls).get(name)
        if found is None:
            continue
        unit = "min" if name.endswith("_min") else "s"
        if cls is CampaignSettings:
            return f"`{CampaignSettings.option(name)}` of the campaign: {found.default:g} {unit}"
        return f"`{name}` in `[{where}]`: {found.default:g} {unit}"
    raise LookupError(name)
