"""What can be configured of a plug-in."""

from attrs import frozen

from agentmgr.connectors.protocols import Kind
from agentmgr.fields import any_text, number, one_of, setting, text, whole_number


@frozen
class ConnectorSettings:
    """A plug-in and its limits. A publisher or post_processor that stands here gets all results."""

    kind: str = setting("action", one_of(*Kind), "What it is for.")
    name: str = setting("example", text("the name of an installed entry point"), "Name of its entry point.")
    options_file: str = setting(
        "", any_text(), "TOML file with what the plug-in itself is given; empty is nothing."
    )
    time_limit_s: float = setting(
        30.0, number(0.1, 3600), "How long a call may take; then its process is ended, and a new one made."
    )
    memory_mb: int = setting(512, whole_number(128, 65_536), "Memory that a process of it may have, in MiB.")
    processes: int = setting(1, whole_number(1, 16), "How many calls may go on at a time, each in a process.")
