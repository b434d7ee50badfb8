"""What a desktop's developer has to catch."""

from protocol.results import ResultCode


class CommandError(Exception):
    """A command was refused, or could not be sent.

    Attributes:
        command: what was sent, an object of `protocol.commands`.
        agent_id: whose command it was; empty for a command of the connection.
        code: the result code; 9996 to 9999 come from this library, all others from the server.
        text: what the code means, or what happened, in one sentence.
        outcome_unknown: the command was sent, but its RESP did not come before the connection broke, nor
            after it: it may or may not have been carried out, and nothing will be heard of it any more. Only
            with 9999.
    """

    def __init__(
        self,
        command: object,
        agent_id: str,
        code: ResultCode,
        text: str = "",
        *,
        outcome_unknown: bool = False,
    ) -> None:
        self.command = command
        self.agent_id = agent_id
        self.code = code
        self.text = text or code.text
        self.outcome_unknown = outcome_unknown
        who = f" of agent {agent_id}" if agent_id else ""
        super().__init__(f"{type(command).__name__}{who}: {int(code)} {self.text}")


class EventsLost(Exception):
    """The application read an agent's events too slowly, and `count` of them were not kept.

    Those that came before the gap have all been delivered, and those after it will be. The states and
    capabilities of the `Agent` are up to date all the same.
    """

    def __init__(self, agent_id: str, count: int) -> None:
        self.agent_id = agent_id
        self.count = count
        super().__init__(f"agent {agent_id}: {count} events were lost because nobody read them in time")


class AgentRemoved(Exception):
    """The application removed the agent, or closed the connection, while something waited for the agent."""

    def __init__(self, agent_id: str) -> None:
        self.agent_id = agent_id
        super().__init__(f"agent {agent_id} was removed, or the connection closed, while something waited")
