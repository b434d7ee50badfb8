"""The parts of a zone, each made of those below it; what a desktop's command works with."""

from agentmgr.core.asking import Asking
from agentmgr.core.attempts import Attempts
from agentmgr.core.callbacks import Callbacks
from agentmgr.core.callflow import CallFlow
from agentmgr.core.consults import Consults
from agentmgr.core.deliveries import Deliveries
from agentmgr.core.dialer import Dialer
from agentmgr.core.errands import Errands
from agentmgr.core.floor import Floor
from agentmgr.core.model import ZoneConfig
from agentmgr.core.nailer import Nailer
from agentmgr.core.pulse import Pulse
from agentmgr.core.remedies import Remedies
from agentmgr.core.returns import Returns
from agentmgr.core.roster import Roster
from agentmgr.core.sharing import Sharing


class Parts(Floor):
    """A zone's floor with everybody who works on it."""

    def __init__(self, config: ZoneConfig, now: float) -> None:
        super().__init__(config, now)
        self.asking = Asking(self)
        self.attempts = Attempts(self)
        self.connectors = Errands(self, self.attempts)
        self.consults = Consults(self)
        self.callbacks = Callbacks(self, self.attempts)
        self.calls = CallFlow(self, self.attempts, self.consults, self.callbacks)
        self.deliveries = Deliveries(self, self.attempts, self.callbacks, self.calls)
        self.dialer = Dialer(self, self.attempts, self.calls, self.callbacks)
        self.nailer = Nailer(self, self.calls, self.consults, self.callbacks)
        self.sharing = Sharing(self, self.nailer)
        self.returns = Returns(self, self.attempts, self.consults, self.calls, self.callbacks, self.nailer)
        self.pulse = Pulse(self, self.returns)
        self.remedies = Remedies(
            self, self.attempts, self.calls, self.consults, self.dialer, self.nailer, self.returns
        )
        self.roster = Roster(self, self.calls, self.consults, self.nailer, self.returns)
