"""`agentmgr connectors`: which plug-ins there are, and whether one does what it should."""

import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from agentmgr.cli.common import Config, Failed, Json, Misused, Row, group, settings_of, show

if TYPE_CHECKING:
    from agentmgr.connectors.workers import Connectors
    from agentmgr.settings.classes import Settings

app = group("connectors", "Plug-ins of all kinds: list, test.")


@app.command(name="list")
def list_(*, config: Config = None, json: Json = False) -> None:
    """Show the plug-ins that are installed, and whether each can be loaded.

    Each is loaded in a process of its own, with its options of the configuration; an import source for an
    import with the number 0.
    """
    from agentmgr.connectors.installed import installed
    from agentmgr.connectors.protocols import Kind
    from agentmgr.connectors.workers import ConnectorFailed

    settings = settings_of(config)

    def rows() -> Iterator[Row]:
        with closing(_connectors(settings)) as connectors:
            for each in installed():
                try:
                    connectors.load(each.kind, each.name, *((0,) if each.kind is Kind.ImportSource else ()))
                    state = "ok"
                except ConnectorFailed as error:
                    state = str(error)
                configured = any((c.kind, c.name) == (each.kind, each.name) for c in settings.connectors)
                yield {
                    "kind": str(each.kind),
                    "name": each.name,
                    "distribution": f"{each.distribution} {each.version}",
                    "configured": "yes" if configured else "no",
                    "state": state,
                }

    show(rows(), json, "no plug-in is installed; agentmgr/docs/integrate.md says how to write one")


@app.command(name="test")
def try_(
    kind: str,
    name: str,
    /,
    *,
    contacts: Annotated[int, Parameter(help="So many contacts of an import source are shown.")] = 10,
    config: Config = None,
    json: Json = False,
) -> None:
    """Call a plug-in once with made-up values, and show what it gives and how long it takes.

    ```
    agentmgr connectors test action ticket
    agentmgr connectors test import_source lines --contacts 5
    ```

    Parameters
    ----------
    kind
        import_source, post_processor, action, result_processor or publisher.
    name
        Name of its entry point.
    """
    from agentmgr.connectors.protocols import Kind
    from agentmgr.connectors.trial import try_out
    from agentmgr.connectors.workers import ConnectorFailed

    if kind not in list(Kind):
        raise Misused(f"found {kind}; allowed: {', '.join(Kind)}")
    began = time.perf_counter()
    with closing(_connectors(settings_of(config))) as connectors:
        try:
            show(islice(try_out(connectors, Kind(kind), name), contacts), json, "it gave no contact")
        except ConnectorFailed as error:
            raise Failed(str(error)) from None
    if not json:
        sys.stderr.write(f"done in {time.perf_counter() - began:.2f} s\n")


def _connectors(settings: "Settings") -> "Connectors":
    from agentmgr.connectors.installed import plans
    from agentmgr.connectors.workers import Connectors
    from agentmgr.log import configure
    from agentmgr.tables import Mistakes

    configure(settings.log.level, settings.log.format)  # for what a plug-in prints
    try:
        return Connectors(plans(settings.connectors))
    except Mistakes as error:
        raise Misused(str(error)) from None
