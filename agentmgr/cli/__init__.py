"""The command line: `agentmgr --help`. Exit codes: 0 done, 1 it failed, 2 it was used wrongly, 130 Ctrl-C.

Whatever takes long to import is imported by the command that needs it, so that help comes at once.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version

from cyclopts import App, CycloptsError

from agentmgr.cli import (
    account,
    agents,
    attempts,
    attributes,
    callbacks,
    campaign,
    compliance,
    conformance,
    connectors,
    contacts,
    demo,
    desk,
    dispositions,
    dnc,
    org,
    phone_rules,
    report,
    schedule,
    server,
    source,
    switch,
    top,
    zones,
)
from agentmgr.cli.common import Failed, Interrupted, Misused, complain

_ABOUT = """An open Agent Manager for outbound contact centres: between agent desktops and the dialer.

See it work, with a simulated switch and simulated desktops:

    agentmgr demo

Run a campaign of your own:

    agentmgr init
    agentmgr contacts import people.csv --list Spring --country US
    agentmgr campaign create Spring --list Spring --skill English
    agentmgr agents add 1001 --skill English
    agentmgr serve

and beside it, in another terminal:

    agentmgr campaign run Spring
    agentmgr campaign status Spring
    agentmgr dispositions export --campaign Spring --format csv

Commands use the running server through its admin socket; without one they work on the database itself.
Exit codes: 0 it is done, 1 it failed (one line on standard error says why), 2 it was used wrongly,
130 it was ended by Ctrl-C. An import that takes nothing in has failed; one that rejects some rows has not.
"""

STANDARD_ERROR = 2
INTERRUPTED = 130
"""What shells expect after Ctrl-C."""

app = App(name="agentmgr", help=_ABOUT, help_format="markdown", version=lambda: version("agentmgr"))
app.command(server.serve)
app.command(server.web)
app.command(switch.switch)
app.command(server.init)
app.command(server.copy)
app.command(server.check_config)
app.command(server.dev_cert)
app.command(contacts.app)
app.command(attributes.app)
app.command(phone_rules.app)
app.command(campaign.app)
app.command(agents.app)
app.command(org.app)
app.command(account.app)
app.command(zones.app)
app.command(top.top)
app.command(dispositions.app)
app.command(attempts.app)
app.command(compliance.app)
app.command(report.report)
app.command(callbacks.app)
app.command(dnc.app)
app.command(source.app)
app.command(schedule.app)
app.command(connectors.app)
app.command(desk.desk)
app.command(demo.demo)
app.command(conformance.conformance)


def run(tokens: Sequence[str]) -> int:
    """Run a command line and return its exit code."""
    try:
        app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
        if sys.stdout is not None:
            sys.stdout.flush()
    except CycloptsError as error:
        complain(f"{error}\nTry: {' '.join(['agentmgr', *(error.command_chain or ()), '--help'])}")
        return 2
    except Misused as error:
        complain(str(error))
        return 2
    except Failed as error:
        complain(str(error))
        return 1
    except Interrupted as error:
        complain(str(error))
        return INTERRUPTED
    except OSError as error:
        # Commands tell of the files that they read; what is left is what they write.
        if not isinstance(error, BrokenPipeError):  # whoever read our output has gone, as `head` does
            complain(f"{error.filename or 'the output'}: cannot be written: {error.strerror}")
        _forget_output()
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseExceptionGroup as group:
        if group.split(KeyboardInterrupt)[1] is not None:
            raise
        return INTERRUPTED
    return 0


def _forget_output() -> None:
    """Let what cannot be written go nowhere; Python would try again, and complain, at its exit."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
            continue
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _occupy_standard_descriptors() -> None:
    """Let no file or connection have the number of a closed standard stream, to be written into as such."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= STANDARD_ERROR:
        pass
    os.close(opened)


def main() -> None:
    """Run the command line of this process; does not return."""
    _occupy_standard_descriptors()
    sys.exit(run(sys.argv[1:]))
