"""One connection to an Agent Manager, renewed whenever it is lost; bytes and times in, bytes and events out.

A stream under it has a number; what is told of another one than the present is too late, and ignored.
"""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING

from agentmgr.client.addresses import Address, Backoff, text_of
from agentmgr.client.commands import Event
from agentmgr.client.errors import CommandError
from agentmgr.client.inbox import Inbox
from agentmgr.client.pending import Pending, encode
from agentmgr.client.shell import Flag
from agentmgr.client.wirelog import log_received, log_sent, logger
from protocol.commands import (
    AgentSDKConnected,
    AgentSDKConnectedRESP,
    AGTLogon,
    GetAgentStatusResponse,
    GetAgentStatusResponseRESP,
    POMClientAlive,
    Resp,
)
from protocol.connection import ClientConnection, NotificationReceived, ResponseReceived, UnknownReceived
from protocol.errors import RemoteProtocolError
from protocol.notifications import (
    AGTAgentLoggedOut,
    GetAgentStatus,
    POMAvailable,
    POMConnectionClosed,
    POMNotAvailable,
)
from protocol.registry import (
    HEARTBEAT_S,
    NO_LOGON,
    RESPONSES,
    SILENCE_LIMIT_S,
    UNPROVEN_VALUE_BYTES,
    VERSION,
)
from protocol.results import ResultCode
from protocol.structures import SocketInfo

if TYPE_CHECKING:
    from agentmgr.client.hub import Hub

OPEN_S = 10.0
"""How long opening a stream, and then each greeting on it, may take."""
OPEN_ELSE_NEXT_S = 5.0
"""How long each of them may take where another address can be tried instead."""
SEND_S = 10.0
"""How long the server may take to accept what is sent."""
SETTLE_S = 1.0
"""How long after the last greeting the server may take to say which zones it manages and whom it asks for."""
AWAY_S = 30.0
"""How long after a break the RESPs of commands that were under way are waited for, while no connection is."""
AGAIN_S = 3.0
"""How long after an agent's return they are, from a server that is not sent them again."""
QUIET_S = 3.0
"""After so long without a sign of life, while something is unanswered, others are asked who has its zones."""
BEAT_S = 5.0
"""How often a sign of life is given, and asked for, where others could be asked."""
HELLO_BYTES = UNPROVEN_VALUE_BYTES - 512
"""What the agent ids of one greeting may have together; the rest is for a service's name and password."""
NEVER = float("inf")
OF_A_CONNECTION = (AGTLogon, GetAgentStatusResponse)
"""Commands that nobody answers again on another connection."""


class Phase(Enum):
    """How far a connection is."""

    WAITING = auto()
    OPENING = auto()
    GREETING = auto()
    UP = auto()
    RETIRED = auto()


class Link:
    """A connection with the agents on it.

    Attributes:
        address: where it leads, or is to lead with the next try.
        peer: the numeric address of the present stream.
        number: of the present stream, or of the attempt to open one.
        zones: those that are managed at its other end.
        fault: why there is no connection, or was none the last time.
        ready: set while commands can be sent; a new flag for each connection.
        first_try: set once it is known whether the first attempt succeeded.
        answers_again: whether the server answers what is sent again as it did before.
        known: set once the server has said what it manages, or has had time for it; new for each connection.
        line: what a shell keeps here.
    """

    line: object = None

    def __init__(self, addresses: Sequence[Address], hub: "Hub", backoff: Backoff) -> None:
        self.address = addresses[0]
        self.peer: Address | None = None
        self.number = 0
        self.zones: set[str] = set()
        self.inboxes: dict[str, Inbox] = {}
        self.fault = "no connection has been made yet"
        self.ready: Flag = hub.shell.flag()
        self.first_try: Flag = hub.shell.flag()
        self.known: Flag = hub.shell.flag()
        self.answers_again = False
        self._quiet_since = NEVER
        self._is_suspect = False
        self._addresses = addresses
        self._hub = hub
        self._backoff = backoff
        self._phase = Phase.WAITING
        self._failures = self._turn = 0
        self._rests_next = False
        self.is_resting = False
        """Whether the server has closed it for want of a logon; it is made again when somebody needs it."""
        self._wire = ClientConnection()
        self._disowned: set[str] = set()
        self._pending: dict[int, Pending] = {}
        self._outgoing: list[Pending] = []
        self._to_name: deque[str] = deque()
        self._heard_at = NEVER
        self._open_at = NEVER
        self._beat_at = self._answer_by = self._settle_at = NEVER

    @property
    def connected(self) -> bool:
        """Whether commands can be sent now."""
        return self._phase is Phase.UP

    @property
    def retired(self) -> bool:
        """Whether it was given up for good."""
        return self._phase is Phase.RETIRED

    @property
    def settled(self) -> bool:
        """Whether it is known which zones are managed at its other end."""
        return self.connected and self._settle_at == NEVER and self._answer_by == NEVER

    @property
    def is_silent(self) -> bool:
        """Whether nothing is heard from the other end, although something is to be."""
        return self.connected and self._is_suspect

    def serves(self, zone: str) -> bool:
        """Whether the owner of a zone is at the other end."""
        return self.connected and zone in self.zones

    def leads_to(self, where: SocketInfo) -> bool:
        """Tell whether this is the connection to an address of the directory."""
        return (where.ip_address, where.port) in (self.address, self.peer)

    # -- agents --------------------------------------------------------------------------------

    def attach(self, inbox: Inbox) -> None:
        """Let an agent's messages pass here; it learns which zones are available."""
        self.inboxes[inbox.agent_id] = inbox
        inbox.link = self
        if inbox.logged_on and self._phase in (Phase.GREETING, Phase.UP):
            inbox.returning = True
            self._to_name.append(inbox.agent_id)
            if self._answer_by == NEVER:
                self._greet()
        for zone in sorted(self.zones):
            inbox.notified(POMAvailable(zone, *self._hub.tokens.get(zone, (0, 0))))

    def detach(self, inbox: Inbox) -> None:
        """Have nothing more to do with an agent."""
        self.inboxes.pop(inbox.agent_id, None)
        self._refuse_held_back(inbox)

    def _refuse_held_back(self, inbox: Inbox) -> None:
        inbox.returning = False
        held_back, inbox.held_back = inbox.held_back, []
        for pending in held_back:
            pending.forget()
            pending.fail(self.unavailable(pending.agent_id, pending.command))

    # -- commands ------------------------------------------------------------------------------

    def submit(self, agent_id: str, command: object, flag: Flag) -> Pending:
        """Put a command among what goes out; the flag is set when it has a result.

        Raises:
            CommandError: 9996, 9997 or 9999; the connection is as usable as it was.
        """
        inbox = self.inboxes.get(agent_id)
        if not self.connected:
            raise self.unavailable(agent_id, command)
        if inbox is not None and inbox.logged_on and self._is_without(inbox.zone):
            raise self._unowned(inbox, command)
        return self._submit(agent_id, command, flag=flag)

    def unavailable(self, agent_id: str, command: object) -> CommandError:
        """Return what a command gets that was not sent."""
        text = f"There is no connection to the Agent Manager at {text_of(self.address)}: {self.fault}."
        return CommandError(command, agent_id, ResultCode.MANAGER_NOT_AVAILABLE, text)

    def _is_without(self, zone: str) -> bool:
        """Whether it is known that the owner of a zone is not at the other end."""
        return zone not in self.zones and (self.settled or zone in self._disowned)

    def _unowned(self, inbox: Inbox, command: object) -> CommandError:
        text = f"Nobody serves zone {inbox.zone} now, as far as {text_of(self.address)} knows."
        return CommandError(command, inbox.agent_id, ResultCode.MANAGER_NOT_AVAILABLE, text)

    def _submit(
        self, agent_id: str, command: object, *, flag: Flag | None = None, holds_back: bool = True
    ) -> Pending:
        request_id = self._hub.next_id()
        data = encode(request_id, agent_id, command)
        pending = Pending(request_id, agent_id, command, data, flag, self._pending)
        self._pending[request_id] = pending
        if self._quiet_since == NEVER:
            self._quiet_since = self._hub.shell.now()
            self._hub.shell.retime()
        inbox = self.inboxes.get(agent_id)
        if inbox is not None:
            inbox.sending(command)
        log_sent(text_of(self.address), request_id, agent_id, command)
        if inbox is not None and inbox.returning and holds_back:
            inbox.held_back.append(pending)
        else:
            self._outgoing.append(pending)
        return pending

    def say(self, agent_id: str, command: object) -> Pending:
        """Send a command of the library's own."""
        pending = self._submit(agent_id, command, holds_back=False)
        self._hub.shell.flush(self)
        return pending

    def has_outgoing(self) -> bool:
        """Tell whether there is something to send."""
        return bool(self._outgoing)

    def outgoing(self) -> bytes:
        """Return what is to be sent; whatever comes of it, it is not returned again."""
        outgoing, self._outgoing = self._outgoing, []
        for pending in outgoing:
            pending.was_sent = True
        return outgoing[0].data if len(outgoing) == 1 else b"".join(pending.data for pending in outgoing)

    # -- what a shell tells of the stream --------------------------------------------------------

    def opened(self, number: int, peer: Address | None, now: float) -> None:
        """There is a stream."""
        if number != self.number or self._phase is not Phase.OPENING:
            return
        self.peer = peer
        self._phase = Phase.GREETING
        self._wire = ClientConnection()
        self._heard_at = now
        self._beat_at = now + self._beat_s
        for inbox in self.inboxes.values():
            inbox.returning = inbox.logged_on
        self._to_name.extend(inbox.agent_id for inbox in self.inboxes.values() if inbox.logged_on)
        self._greet()

    def received(self, number: int, data: bytes, now: float) -> None:
        """Hand on all messages of one read."""
        if number != self.number:
            return
        self._heard_at = now
        self._quiet_since = NEVER
        self._is_suspect = False
        peer = text_of(self.address)
        try:
            for message in self._wire.receive(data):
                match message:
                    case ResponseReceived():
                        log_received(peer, message.request_id, message.agent_id, message.response)
                        self._answered(message, now)
                    case NotificationReceived(agent_id=agent_id, notification=notification):
                        log_received(peer, None, agent_id, notification)
                        self._notified(agent_id, notification)
                    case UnknownReceived(name=name):
                        logger.warning("%s sent %s, which this library does not know", peer, name)
                if number != self.number:
                    return  # one of them was the end of the stream
        except RemoteProtocolError as error:
            self.lost(number, f"the server broke the protocol: {error}", now)

    def lost(self, number: int, why: str, now: float) -> None:
        """There is no stream any more, or none could be opened."""
        if number != self.number or self._phase in (Phase.WAITING, Phase.RETIRED):
            return
        served = self.connected
        self.fault = why
        self.number += 1
        self._phase = Phase.WAITING
        self.zones.clear()
        self._disowned.clear()
        self._outgoing.clear()
        self._to_name.clear()
        self._beat_at = self._answer_by = self._settle_at = self._heard_at = NEVER
        self._quiet_since = NEVER
        self._is_suspect = False
        self._hub.shell.close(self)
        if served:
            self._failures = 0
            self.ready = self._hub.shell.flag()
            self.known = self._hub.shell.flag()
        else:
            self._turn += 1
        self.first_try.set()
        level = logging.WARNING if served and not self._rests_next else logging.INFO
        logger.log(level, "no connection to %s: %s", text_of(self.address), why)
        self.is_resting = self._rests_next and not any(i.logged_on for i in self.inboxes.values())
        self._rests_next = False
        if not self.is_resting:
            self._open_at = now + self._backoff(self._failures)
            self._failures += 1
        self._lose_pending(now)
        if served and not self.is_resting:
            for inbox in list(self.inboxes.values()):
                inbox.notified(POMNotAvailable())
        self._hub.broke(self)

    def _lose_pending(self, now: float) -> None:
        for each in self.inboxes.values():
            self._refuse_held_back(each)
        lost = list(self._pending.values())
        self._pending.clear()
        for pending in lost:
            inbox = self.inboxes.get(pending.agent_id)
            if not pending.was_sent:
                pending.fail(self.unavailable(pending.agent_id, pending.command))
            elif (
                inbox is None
                or not inbox.logged_on
                or pending.flag is None
                or isinstance(pending.command, OF_A_CONNECTION)
            ):
                pending.lose()
            else:
                if not inbox.carried:
                    inbox.carried_until = now + AWAY_S
                inbox.carried[pending.request_id] = pending
                pending.kept_in = inbox.carried
                self._hub.carrying.add(inbox)

    def retire(self) -> None:
        """Never connect again."""
        if self._phase is not Phase.WAITING:
            self._hub.shell.close(self)
        self.number += 1
        self._phase = Phase.RETIRED
        self.is_resting = False
        self._open_at = self._beat_at = self._answer_by = self._settle_at = self._heard_at = NEVER
        self.first_try.set()
        self.fault = "the application has closed it"
        lost = list(self._pending.values())
        self._pending.clear()
        for pending in lost:
            if pending.was_sent:
                pending.lose()
            else:
                pending.fail(self.unavailable(pending.agent_id, pending.command))

    # -- what time tells -------------------------------------------------------------------------

    def next_at(self) -> float:
        """Return when `tick` is to be called."""
        return min(
            self._open_at,
            self._beat_at,
            self._heard_at + SILENCE_LIMIT_S,
            self._answer_by,
            self._settle_at,
            self._suspect_at,
        )

    @property
    def _suspect_at(self) -> float:
        """When others are asked who owns the zones of this connection."""
        return self._quiet_since + QUIET_S if self._hub.has_others and self.connected else NEVER

    @property
    def _beat_s(self) -> float:
        return BEAT_S if self._hub.has_others else HEARTBEAT_S

    def tick(self, now: float) -> None:
        """Do what is due."""
        if now >= self._open_at:
            self.begin(now)
        if now >= self._heard_at + SILENCE_LIMIT_S:
            self.lost(self.number, f"the server was silent for {SILENCE_LIMIT_S} s", now)
        if now >= self._answer_by:
            what = "the server did not answer AgentSDKConnected" if self._is_open else "no connection"
            self.lost(self.number, f"{what} within {self._open_s:g} s", now)
        if now >= self._beat_at:
            self._beat_at = now + self._beat_s
            self.say("", POMClientAlive())
        if now >= self._suspect_at:
            self._suspect(now)
        if now >= self._settle_at:
            self._settle_at = NEVER
            self.known.set()
            for inbox in self.inboxes.values():
                if inbox.logged_on and inbox.zone not in self.zones:
                    self._refuse_held_back(inbox)
                    inbox.returning = True
                else:
                    self._let_go(inbox)
            self._hub.settled(self)

    def _suspect(self, now: float) -> None:
        """Have others asked who owns the zones; go to the next address if nobody is served here anyway."""
        self._quiet_since = now  # looked at again if this goes on
        self._is_suspect = True
        for inbox in self.inboxes.values():
            if inbox.logged_on:
                self._hub.search(inbox.zone)
        if len(self._addresses) > 1 and not any(
            inbox.logged_on and self.serves(inbox.zone) for inbox in self.inboxes.values()
        ):
            self._turn += 1
            self.lost(self.number, f"the server was silent for {QUIET_S:g} s", now)

    @property
    def _open_s(self) -> float:
        return OPEN_S if len(self._addresses) == 1 else OPEN_ELSE_NEXT_S

    @property
    def _is_open(self) -> bool:
        return self._phase in (Phase.GREETING, Phase.UP)

    def wake(self) -> None:
        """Let it rest no longer."""
        if self.is_resting:
            self.first_try = self._hub.shell.flag()
            self.begin(self._hub.shell.now())

    def begin(self, now: float) -> None:
        """Connect, to the address whose turn it is."""
        self.is_resting = False
        self._open_at = NEVER
        self.address = self._addresses[self._turn % len(self._addresses)]
        self._phase = Phase.OPENING
        self._answer_by = now + self._open_s
        self._hub.shell.open(self)
        self._hub.shell.retime()

    # -- greeting --------------------------------------------------------------------------------

    def _greet(self) -> None:
        """Name agents, as many as a frame holds; the others when this was answered."""
        ids = tuple(self._next_ids())
        self._answer_by = self._hub.shell.now() + self._open_s
        self._settle_at = NEVER
        self.say("", AgentSDKConnected(ids, VERSION, *self._hub.account, resends=True))
        self._hub.shell.retime()

    def _next_ids(self) -> Iterator[str]:
        room = HELLO_BYTES
        while self._to_name and (room := room - len(self._to_name[0].encode()) - 2) >= 0:
            yield self._to_name.popleft()

    def _welcomed(self, response: AgentSDKConnectedRESP, now: float) -> None:
        # Here and not where it was asked for: whoever is told POMAvailable next may send at once.
        if response.result is not ResultCode.SUCCESS:
            code = response.result
            why = f"the server refused AgentSDKConnected: {int(code)} {code.text}"
            if code is ResultCode.AUTHENTICATION_FAILED:
                # the same password is as wrong the next time
                self._hub.refused = code
                self.retire()
                self.fault = why
                self.ready.set()
            else:
                self.lost(self.number, why, now)
            return
        self.answers_again = response.answers_again
        if not self.connected:
            self._phase = Phase.UP
            self.ready.set()
            self.first_try.set()
        if self._to_name:
            self._greet()
        else:
            self._answer_by = NEVER
            self._settle_at = now + SETTLE_S
            self._hub.shell.retime()
        self._hub.learn(response.zones)

    # -- messages --------------------------------------------------------------------------------

    def _answered(self, message: ResponseReceived, now: float) -> None:
        pending = self._pending.pop(message.request_id, None)
        inbox = self.inboxes.get(message.agent_id)
        if pending is None and inbox is not None:
            pending = inbox.carried.pop(message.request_id, None)
        if pending is None:
            return  # whoever asked has stopped waiting, or asked in another life
        expected = RESPONSES[f"{type(pending.command).__name__}RESP"]
        response: Resp = message.response
        if type(response) is not expected:
            pending.lose()
            raise RemoteProtocolError(
                f"{type(response).__name__} has the id of a {type(pending.command).__name__}"
            )
        inbox = self.inboxes.get(pending.agent_id)
        if inbox is not None:
            inbox.answered(pending.command, response)
        if isinstance(response, AgentSDKConnectedRESP):
            self._welcomed(response, now)
        elif isinstance(response, GetAgentStatusResponseRESP) and inbox is not None:
            if self.answers_again and response.result is ResultCode.SUCCESS:
                self._send_again(inbox)
            if inbox.carried:
                inbox.carried_until = now + AGAIN_S
                self._hub.shell.retime()
            self._let_go(inbox)
        pending.answer(response)

    def _notified(self, agent_id: str, notification: Event) -> None:
        if isinstance(notification, POMAvailable):
            zone, token = notification.zone_name, (notification.era, notification.epoch)
            if not self._hub.believe(zone, token):
                logger.warning("%s owned zone %s with token %s once", text_of(self.address), zone, token)
                self._disowned.add(zone)
                return
            self.zones.add(zone)
            self.known.set()
        if agent_id:
            inbox = self.inboxes.get(agent_id)
            inboxes = [] if inbox is None else [inbox]
        else:
            inboxes = list(self.inboxes.values())
        for inbox in inboxes:
            if agent_id and inbox.logged_on and inbox.zone in self._disowned:
                continue  # whoever owned its zone once has nothing to say any more
            if isinstance(notification, AGTAgentLoggedOut) and inbox.returning and self._hub.follow(inbox):
                continue  # only this manager knows nothing of it: its zone is another's now
            answer = inbox.notified(notification)
            if answer is not None:
                self.say(inbox.agent_id, answer)
            is_asked = isinstance(notification, GetAgentStatus)
            if (is_asked and not (inbox.carried and self.answers_again)) or isinstance(
                notification, AGTAgentLoggedOut
            ):
                self._let_go(inbox)
        if isinstance(notification, POMConnectionClosed):
            why = f"the server closed the connection: {notification.reason}"
            self._rests_next = notification.reason.startswith(NO_LOGON)
            self.lost(self.number, why, self._hub.shell.now())

    def _send_again(self, inbox: Inbox) -> None:
        """Send what was not answered when a connection broke, under its ids: it is done once all the same."""
        again, inbox.carried = inbox.carried, {}
        inbox.carried_until = NEVER
        for pending in sorted(again.values(), key=lambda pending: pending.request_id):
            pending.kept_in = self._pending
            self._pending[pending.request_id] = pending
            self._outgoing.append(pending)
        if again:
            self._hub.shell.flush(self)

    def _let_go(self, inbox: Inbox) -> None:
        """Send what waited for an agent's return."""
        inbox.returning = False
        if inbox.held_back:
            self._outgoing.extend(inbox.held_back)
            inbox.held_back.clear()
            self._hub.shell.flush(self)
