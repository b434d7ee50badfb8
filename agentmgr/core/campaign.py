"""The settings of a campaign: the only place that says what they are, which values they take, and why.

The checks, the command line's options with their help, and the columns of the store come from here.
"""

from typing import Any

import attrs
from attrs import frozen

from agentmgr.fields import Allowed, Value, any_text, number, setting, whole_number, yes_or_no


def _setting(default: Value, allowed: Allowed, about: str, option: str = "") -> Any:
    # `help` is where the command line looks for what it says about an option; it shows types by itself
    is_number = type(default) in (int, float)
    help_text = f"{about.removesuffix('.')}; {allowed.words}." if is_number else about
    return setting(default, allowed, about, option=option, help=help_text)


def _country(text: str) -> str:
    """Return the ISO region of a region or a calling code, empty for none."""
    # the tables of telephone numbers take long to load, and help should come at once
    from agentmgr.core.numbers import parse_country

    return parse_country(text) if text.strip() else ""


def _is_country(value: object) -> bool:
    if type(value) is not str:
        return False
    try:
        _country(value)
    except ValueError:
        return False
    return True


COUNTRY = Allowed("a region such as GB, a calling code such as 44, or empty", _is_country, _country)


def _number(text: str) -> str:
    """Return a number that has its country code in E.164, empty for none."""
    from agentmgr.core.numbers import read_number

    return read_number(text).e164 if text.strip() else ""


def _is_number(value: object) -> bool:
    if type(value) is not str:
        return False
    try:
        _number(value)
    except ValueError:
        return False
    return True


NUMBER = Allowed(
    "a telephone number with its country code, such as +442079460018, or empty", _is_number, _number
)
RETRY_S = whole_number(0, 31 * 86_400)
"""After how many seconds a contact is tried again, whatever its last attempt came to."""


@frozen(kw_only=True)
class CampaignSettings:
    """What a campaign is made with, beside its name, skill, lists and codes: single values, with units."""

    description: str = _setting("", any_text(), "What the campaign is for, in words for people.")
    organisation: str = _setting(
        "",
        any_text(),
        "Whose it is; only its agents, and those of none, work on it. Empty is everybody's.",
        option="org",
    )
    script_url: str = _setting("", any_text(), "What desktops open for each contact.")
    script_failover_url: str = _setting("", any_text(), "What they open if that cannot be reached.")
    min_skill_level: int = _setting(1, whole_number(1, 16), "The level of the skill that agents need.")
    priority: int = _setting(
        5,
        whole_number(1, 10),
        "Agents who can work on several campaigns go to the highest that has something to do.",
    )
    abandon_limit: float = _setting(
        0.03, number(0, 1), "The share of answered calls that may find no agent (predictive)."
    )
    strict_abandon_limit: bool = _setting(
        False,
        yes_or_no(),
        "Whether each day keeps that limit by itself, in each zone, and not only all days together.",
    )
    min_calls_per_agent: float = _setting(
        1.0, number(1, 20), "So many calls for each idle agent, whatever the limit says (predictive)."
    )
    max_calls_per_agent: float = _setting(
        4.0, number(1, 50), "The most calls at once for each agent who works or is idle (predictive)."
    )
    ring_time_s: int = _setting(25, whole_number(5, 120), "How long a call rings, seconds.")
    preview_timeout_s: int = _setting(30, whole_number(1, 3600), "How long a preview takes, seconds.")
    acw_max_time_s: int = _setting(
        60,
        whole_number(0, 3600),
        "How long an agent has for the completion code, seconds; 0 is without limit.",
        option="wrapup-time",
    )
    acw_extensions: int = _setting(
        1,
        whole_number(0, 100),
        "How often an agent may take that time once more.",
        option="wrapup-extensions",
    )
    max_attempts: int = _setting(3, whole_number(1, 100), "How often a contact is tried.")
    nuisance_retry_s: int = _setting(
        72 * 3600,
        RETRY_S,
        "When a contact is tried again whose call found no agent, seconds; many laws ask for 72 hours.",
    )
    abandon_number: str = _setting(
        "", NUMBER, "The number named in the message that they hear then; without it the call just ends."
    )
    allow_free_form: bool = _setting(
        True, yes_or_no(), "Whether agents may dial numbers that the contact does not have."
    )
    allow_premium: bool = _setting(
        False, yes_or_no(), "Whether numbers may be dialled that cost whoever calls them a premium."
    )
    country: str = _setting("", COUNTRY, "The country of numbers that are written without a country code.")
    filter: str = _setting(
        "",
        any_text(),
        "Which contacts of its lists are called, such as Balance > 100 and Language in ('en', 'fr'); all if"
        " empty.",
    )
    finish_when: str = _setting(
        "",
        any_text(),
        "When its job is stopped by itself: a condition on numbers of campaigns, such as Sold >= 100; never"
        " if empty.",
    )
    callback_notice_s: int = _setting(
        30, whole_number(0, 3600), "How long before its time a callback is announced to its agent, seconds."
    )
    callback_expiry_min: int = _setting(
        60, whole_number(1, 31 * 1440), "How long after its time a callback is still made, minutes."
    )

    infinite: bool = _setting(
        False,
        yes_or_no(),
        "Whether its job goes on until it is stopped, with contacts added to it while it runs.",
    )
    custom_pacing: bool = _setting(
        False,
        yes_or_no(),
        "Whether a program says how many calls there may be at once: none until it does (not for previews).",
    )

    @staticmethod
    def option(name: str) -> str:
        """Return what a setting is called at the command line: without its unit."""
        field = attrs.fields_dict(CampaignSettings).get(name)
        given: str = field.metadata["option"] if field is not None else ""
        return given or name.removesuffix("_s").removesuffix("_min").replace("_", "-")
