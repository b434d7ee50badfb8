"""Commands that need no agent, and lists that need no contact."""

from collections.abc import Callable, Mapping
from typing import Any

from agentmgr.core.agent import Agent
from agentmgr.core.commands.registry import Answer, on_agent_command, on_plain_command
from agentmgr.core.effects import CheckAccount
from agentmgr.core.events import AccountChecked, CommandReceived
from agentmgr.core.parts import Parts
from protocol.commands import (
    AgentSDKConnected,
    AgentSDKConnectedRESP,
    AGTGetErrorInfo,
    AGTGetErrorInfoRESP,
    AGTGetErrorString,
    AGTGetErrorStringRESP,
    AGTGetTimezones,
    AGTGetTimezonesRESP,
    AGTGetZoneList,
    AGTGetZoneListRESP,
    GetPAMForZone,
    GetPAMForZoneRESP,
    POMClientAlive,
    POMClientAliveRESP,
    Resp,
)
from protocol.notifications import POMAvailable
from protocol.registry import COMMANDS, VERSION
from protocol.results import ResultCode
from protocol.sizes import whole_entries
from protocol.structures import ErrorInfo, SocketInfo

Directory = Mapping[str, SocketInfo | None]
"""Where each zone is served, by name; None: nobody owns it now."""


@on_plain_command(AgentSDKConnected)
def sdk_connected(zone: Parts, command: AgentSDKConnected, event: CommandReceived) -> Answer:
    """Open the connection: answer with the directory, then name the zone managed here.

    A client of a newer wire is served by ours, which it knows; one of an older one there is not. With an
    account that is after the check of its password; if that is refused, the connection is an ordinary one.
    Without an account nothing changes in what it is.
    """
    if command.version < 1:
        return AgentSDKConnectedRESP(ResultCode.BAD_DATA, version=VERSION)
    zone.connections.setdefault(event.connection, {})
    if command.resends:
        zone.resending.add(event.connection)
    if command.account:
        zone.services.pop(event.connection, None)
        zone.lanes.hold(event)
        zone.out.emit(CheckAccount(event.connection, event.request_id, command.account, command.pwd))
        return None
    return _welcome(zone, command, event)


def on_account_checked(zone: Parts, checked: AccountChecked) -> None:
    """The password of an account is checked: the connection is a service's, if that was right."""
    event = zone.lanes.head(checked.connection, "", checked.request_id)
    if event is None:
        return
    if checked.result is not ResultCode.SUCCESS:
        zone.out.respond(event, AgentSDKConnectedRESP(checked.result, version=VERSION))
        return
    zone.services[event.connection] = event.command.account
    _welcome(zone, event.command, event)


def _welcome(zone: Parts, command: AgentSDKConnected, event: CommandReceived) -> Answer:
    config = zone.config
    zone.out.respond(event, _greeting(zone.directory, command))
    zone.out.tell_connection(event.connection, POMAvailable(config.zone, config.era, config.epoch))
    for agent_id in dict.fromkeys(command.agent_ids):
        zone.returns.claim(agent_id, event.connection)
    return None


@on_plain_command(POMClientAlive)
def client_alive(zone: Parts, command: POMClientAlive, event: CommandReceived) -> Answer:
    """Answer the heartbeat, so that the client knows that the server lives too."""
    zone.heartbeats[event.connection] = zone.out.steady
    return ResultCode.SUCCESS


@on_plain_command(GetPAMForZone)
def get_pam_for_zone(zone: Parts, command: GetPAMForZone, event: CommandReceived) -> Answer:
    """Tell where a zone's Agent Manager listens."""
    return _find(zone.directory, command)


@on_plain_command(AGTGetZoneList)
def get_zone_list(zone: Parts, command: AGTGetZoneList, event: CommandReceived) -> Answer:
    """List the names of all zones."""
    return _zone_list(zone.directory, command)


def _greeting(directory: Directory, command: AgentSDKConnected) -> AgentSDKConnectedRESP:
    served = {name: where for name, where in directory.items() if where is not None}
    return AgentSDKConnectedRESP(
        ResultCode.SUCCESS, version=min(command.version, VERSION), zones=served, answers_again=True
    )


def _find(directory: Directory, command: GetPAMForZone) -> GetPAMForZoneRESP:
    name = command.zone_name
    if name not in directory:
        return GetPAMForZoneRESP(ResultCode.ZONE_NOT_FOUND)
    where = directory[name]
    if where is None:
        return GetPAMForZoneRESP(ResultCode.INITIALIZING)
    return GetPAMForZoneRESP(ResultCode.SUCCESS, zones={name: where})


def _zone_list(directory: Directory, command: AGTGetZoneList) -> AGTGetZoneListRESP:
    return AGTGetZoneListRESP(ResultCode.SUCCESS, zone_list=whole_entries(sorted(directory)))


_FROM_DIRECTORY: Mapping[type[Any], Callable[[Directory, Any], Resp]] = {
    AgentSDKConnected: _greeting,
    GetPAMForZone: _find,
    AGTGetZoneList: _zone_list,
    POMClientAlive: lambda directory, command: POMClientAliveRESP(ResultCode.SUCCESS),
}


def answer_without_zone(directory: Directory, command: Any) -> Resp:
    """Return what a manager answers at the port of a zone that it does not own: where that is, no more."""
    answer = _FROM_DIRECTORY.get(command.__class__)
    if answer is not None:
        return answer(directory, command)
    refused: Resp = COMMANDS[command.__class__.__name__].resp(ResultCode.INITIALIZING)
    return refused


@on_plain_command(AGTGetErrorString)
def get_error_string(zone: Parts, command: AGTGetErrorString, event: CommandReceived) -> Answer:
    """Explain a result code."""
    code = _known_code(command.error_code)
    if code is None:
        return ResultCode.NO_ERROR_TEXT
    return AGTGetErrorStringRESP(ResultCode.SUCCESS, error_msg=code.text, localized_error_msg=code.text)


@on_plain_command(AGTGetErrorInfo)
def get_error_info(zone: Parts, command: AGTGetErrorInfo, event: CommandReceived) -> Answer:
    """Explain a result code in the context of a command."""
    code = _known_code(command.error_code)
    if code is None:
        return ResultCode.NO_ERROR_TEXT
    info = ErrorInfo(int(code), command.api_name[:64], code.text, code.text, code.severity)
    return AGTGetErrorInfoRESP(ResultCode.SUCCESS, error_info=info)


def _known_code(number: int) -> ResultCode | None:
    try:
        return ResultCode(number)
    except ValueError:
        return None


@on_agent_command(AGTGetTimezones)
def get_timezones(zone: Parts, agent: Agent, command: AGTGetTimezones, event: CommandReceived) -> Answer:
    """List the time zones with what their clocks differ from UTC now."""
    return AGTGetTimezonesRESP(ResultCode.SUCCESS, timezones=zone.timezones.at(zone.out.now))
