"""What is configured of the services."""

from attrs import frozen

from agentmgr.core.recurrence import DAYS, read_day
from agentmgr.fields import Allowed, any_text, number, setting, text, whole_number


def weekend_days(text: str) -> tuple[str, ...]:
    """Return the days of a weekend as it is configured: names by commas, none for no weekend.

    Raises:
        ValueError: a day that there is not, or a week of nothing else.
    """
    days = tuple(DAYS[number] for number in sorted({read_day(day) for day in text.split(",") if day.strip()}))
    if len(days) == len(DAYS):
        raise ValueError("no day is left")
    return days


def _is_weekend(value: object) -> bool:
    try:
        return type(value) is str and weekend_days(value) is not None
    except ValueError:
        return False


@frozen
class ScheduleRules:
    """Schedules of campaigns and imports."""

    weekend: str = setting(
        "Saturday, Sunday",
        Allowed('days such as "Friday, Saturday", not all of them; "" for none', _is_weekend, lambda v: v),
        "What schedules for weekdays only leave out.",
    )


@frozen
class ImportRules:
    """Imports from data sources: what may be reached, and how much of it."""

    directory: str = setting(
        "",
        any_text(),
        "Directory of files that data sources may read, with all below it; with nothing here they read none.",
    )
    work_directory: str = setting(
        "var/imports",
        text("a directory, which is made if it is missing"),
        "Where files are copied to before they are read.",
    )
    inner_hosts: str = setting(
        "",
        any_text(),
        "Hosts with addresses of this machine or of inner networks that data sources may reach all the same,"
        " by commas, as their URLs name them.",
    )
    file_mb: int = setting(4096, whole_number(1, 1_000_000), "How large a file may be, in MiB.")
    fetch_s: float = setting(1800.0, number(1, 86_400), "How long copying a file may take, in real seconds.")
    silence_s: float = setting(
        300.0, number(1, 86_400), "How long a data source may give no row, in real seconds."
    )
    known_hosts: str = setting(
        "", any_text(), "File with the keys of SFTP servers, as ssh keeps them in known_hosts."
    )
    ssh_key: str = setting(
        "", any_text(), "File with the private key for SFTP servers; without it the URL has a password."
    )
    at_once: int = setting(1, whole_number(1, 16), "How many imports this process carries out at a time.")

    @property
    def may_be_inner(self) -> frozenset[str]:
        """Return the hosts with inner addresses that may be reached, in lower case."""
        return frozenset(each.strip().casefold() for each in self.inner_hosts.split(",") if each.strip())
