"""Carries out what a zone asked for and what need not be durable: one branch for each effect."""

import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any

import structlog

from agentmgr.audit import audit
from agentmgr.core import effects
from agentmgr.core.events import OrderFailed, OrderFault, TelephonyEvent
from agentmgr.ports import Telephony
from agentmgr.runtime.desktops import Desktops
from agentmgr.runtime.metrics import ZoneMetrics
from protocol import commands, notifications
from protocol.connection import notification_bytes, refusal_bytes, response_bytes
from protocol.registry import COMMANDS
from protocol.results import ResultCode

_CHANGES: dict[type[Any], tuple[int, str, str]] = {
    notifications.AGTStateChangedNotify: (logging.INFO, "agent_state_changed", "agent_state"),
    notifications.AGTCallStateChangedNotify: (logging.DEBUG, "call_state_changed", "call_state"),
    notifications.AGTNailupChange: (logging.INFO, "nailup_status_changed", "nailup_status"),
}
"""Level and name of the log's event for a notification, and the field that has the new state.

Call states change with every hold, so they are for who looks closely.
"""

_COMMAND_NAMES = {spec.resp: name for name, spec in COMMANDS.items()}

Branch = Callable[[Any], None]


PROOFS = frozenset({commands.AGTLogonRESP, commands.GetAgentStatusResponseRESP})
"""RESPs whose success says that a password or a token was right."""


class Performer:
    """Has one branch for each effect that is neither a record nor a timer; `branches` may be added to."""

    def __init__(
        self,
        zone: str,
        desktops: Desktops,
        telephony: Telephony,
        metrics: ZoneMetrics,
        tell: Callable[[TelephonyEvent], None],
    ) -> None:
        self._zone = zone
        self._log = structlog.get_logger().bind(zone=zone)
        self._log_commands: bool = self._log.is_enabled_for(logging.DEBUG)
        self._log_changes = {
            notification: change
            for notification, change in _CHANGES.items()
            if self._log.is_enabled_for(change[0])
        }
        self._desktops = desktops
        self._telephony = telephony
        self._tell = tell
        self._metrics = metrics
        self._asked: dict[int, dict[int, float]] = {}
        self._forced: set[tuple[int, int]] = set()
        self.branches: dict[type[Any], Branch] = {
            effects.Respond: self._respond,
            effects.Notify: self._notify,
            effects.Remark: self._remark,
            **dict.fromkeys(effects.TELEPHONY_ORDERS, self._order),
        }

    def asked(self, connection: int, request_id: int, at: float) -> None:
        """Remember when a command arrived, on the clock of `perf_counter`, until its RESP leaves."""
        requests = self._asked.get(connection)
        if requests is None:
            requests = self._asked[connection] = {}
        requests[request_id] = at

    def forced(self, connection: int, request_id: int) -> None:
        """Note that a logon is to take an agent over from another desktop."""
        self._forced.add((connection, request_id))

    def forget(self, connection: int) -> None:
        """Forget the unanswered commands of a connection that is gone."""
        requests = self._asked.pop(connection, ())
        if self._forced:
            self._forced.difference_update((connection, request_id) for request_id in requests)

    def _respond(self, effect: effects.Respond) -> None:
        response = effect.response
        name = _COMMAND_NAMES[response.__class__]
        result: ResultCode = response.result
        try:
            frame = response_bytes(effect.request_id, effect.agent_id, response)
        except Exception as error:
            self._fault("resp_not_encodable", error, name=name, agent=effect.agent_id)
            result = ResultCode.NOT_PROCESSED
            frame = refusal_bytes(effect.request_id, effect.agent_id, name, result)
        self._desktops.answer(effect.connection, frame)
        if response.__class__ in PROOFS:
            self._proof(effect, result)
        requests = self._asked.get(effect.connection)
        at = requests.pop(effect.request_id, None) if requests is not None else None
        if at is None:
            return
        seconds = perf_counter() - at
        self._metrics.commands.answered(name, result, seconds)
        if self._log_commands:
            self._log.debug(
                "command", name=name, agent=effect.agent_id, result=int(result), ms=round(seconds * 1e3, 3)
            )

    def _proof(self, effect: effects.Respond, result: ResultCode) -> None:
        response, connection = effect.response, effect.connection
        address = self._desktops.host(connection)
        if result is ResultCode.SUCCESS:
            self._desktops.trust(connection)
        if response.__class__ is commands.AGTLogonRESP:
            act = "logon_by_force" if (connection, effect.request_id) in self._forced else "logon"
            self._forced.discard((connection, effect.request_id))
            audit(act, effect.agent_id, result.name, zone=self._zone, address=address)
        elif result is not ResultCode.SUCCESS or response.resume_token:
            audit("return", effect.agent_id, result.name, zone=self._zone, address=address)

    def _notify(self, effect: effects.Notify) -> None:
        notification = effect.notification
        try:
            frame = notification_bytes(effect.agent_id, notification)
        except Exception as error:
            self._fault(
                "notification_not_encodable", error, name=type(notification).__name__, agent=effect.agent_id
            )
            return
        self._desktops.send(effect.connection, frame)
        change = self._log_changes.get(notification.__class__)
        if change is not None:
            level, event, field = change
            self._log.log(level, event, agent=effect.agent_id, state=getattr(notification, field).value)

    def _remark(self, effect: effects.Remark) -> None:
        self._log.info(effect.event, agent=effect.agent_id, **dict(effect.fields))

    def _order(self, order: effects.TelephonyOrder) -> None:
        try:
            self._telephony.order(order)
        except Exception as error:
            self._fault("order_not_taken", error, order=type(order).__name__)
            self._tell(OrderFailed(order, OrderFault.REFUSED, str(error)))

    def _fault(self, event: str, error: Exception, **fields: object) -> None:
        self._metrics.faults.inc()
        self._log.error(event, **fields, exc_info=error)
