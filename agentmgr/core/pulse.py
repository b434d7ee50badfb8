"""Whether the desktops of a zone live: a silent one is asked, and given up without an answer.

A connection proves nothing: behind it may be a proxy whose desktops are dead, or a program that hangs. So
whoever did nothing at all about a contact is asked before the next one, and has no other meanwhile.
"""

from agentmgr.core.agent import Agent
from agentmgr.core.events import Timer
from agentmgr.core.floor import Floor
from agentmgr.core.returns import Returns

ROUNDING_S = 0.001
"""What the clock may lose of a duration; a timer for less would not move it."""


class Pulse:
    """Watches agents by one timer each, which looks at when it heard of them; a command costs no timer."""

    def __init__(self, floor: Floor, returns: Returns) -> None:
        self._out = floor.out
        self._config = floor.config
        self._returns = returns

    def is_lost(self, agent: Agent) -> bool:
        """Look at an agent when its timer has run out: ask its desktop if it was silent for too long.

        Returns:
            Whether it was asked before, and has said nothing since.
        """
        if agent.is_away:
            return False  # its return starts the watch anew
        if agent.is_probed:
            return True
        rest_s = agent.heard_at + self._config.agent_silence_s - self._out.steady
        if rest_s > ROUNDING_S:
            self._out.set_timer((Timer.SILENT, agent.agent_id), rest_s)
        else:
            self.probe(agent)
        return False

    def probe(self, agent: Agent) -> None:
        """Ask the agent's desktop for a sign of life.

        An agent who is idle stays so: lines in the air are meant for it, and most desktops answer at once.
        """
        assert agent.connection is not None, "an agent who is not away has one"
        agent.is_probed = True
        agent.note(agent)
        self._returns.ask(agent.agent_id, agent.connection)
        self._out.set_timer((Timer.SILENT, agent.agent_id), self._config.agent_answer_s)

    def revive(self, agent: Agent) -> None:
        """The agent's desktop has sent something, whatever it is: what was withheld may come."""
        if agent.is_probed:
            agent.note(agent)
            self._out.begin_step()  # a fault of the command has not touched the agent
        agent.is_mute = agent.is_probed = False
        self._out.free(agent)
