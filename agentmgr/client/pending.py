"""A command on its way: as bytes, and as what waits for its RESP."""

from collections.abc import Callable

import attrs

from agentmgr.client.errors import CommandError
from agentmgr.client.shell import Flag
from protocol.codec import decode_args, unpack
from protocol.commands import Resp
from protocol.connection import command_bytes
from protocol.framing import HEADER_BYTES
from protocol.registry import COMMANDS
from protocol.results import ResultCode


@attrs.define(eq=False)
class Pending:
    """A command that waits for its RESP.

    Attributes:
        data: the command as a frame.
        flag: set when there is a response or an error; None for a command of the library's own.
        kept_in: where it is to be found by its request id, and is to be taken out by whoever stops waiting.
        then: what a command of the library's own does with its RESP.
        was_sent: whether it left, as far as can be known here.
    """

    request_id: int
    agent_id: str
    command: object
    data: bytes
    flag: Flag | None
    kept_in: "dict[int, Pending]"
    then: Callable[[Resp], None] | None = None
    was_sent: bool = False
    response: Resp | None = None
    error: CommandError | None = None

    def answer(self, response: Resp) -> None:
        """Let whoever waits go on with a RESP."""
        self.response = response
        if self.flag is not None:
            self.flag.set()
        if self.then is not None:
            self.then(response)

    def fail(self, error: CommandError) -> None:
        """Let whoever waits go on with an error."""
        self.error = error
        if self.flag is not None:
            self.flag.set()

    def lose(self) -> None:
        """Let whoever waits know that no RESP will come."""
        self.fail(
            CommandError(
                self.command,
                self.agent_id,
                ResultCode.MANAGER_NOT_AVAILABLE,
                "The connection broke before the RESP came; whether the command was carried out is unknown.",
                outcome_unknown=True,
            )
        )

    def forget(self) -> None:
        """Nobody waits any more."""
        self.kept_in.pop(self.request_id, None)

    def result(self) -> Resp:
        """Return the RESP.

        Raises:
            CommandError: there is none.
        """
        if self.error is not None:
            raise self.error
        assert self.response is not None
        return self.response


def encode(request_id: int, agent_id: str, command: object) -> bytes:
    """Encode a command, and read it again as the server will.

    Raises:
        CommandError: 9997, it would be refused; 9996, it does not fit a frame.
    """
    cls = type(command)
    spec = COMMANDS.get(cls.__name__)
    if spec is None or spec.cls is not cls:
        text = f"{cls.__name__} is no command."
        raise CommandError(command, agent_id, ResultCode.INVALID_ARGUMENT, text)
    try:
        data = command_bytes(request_id, agent_id, command)
        decode_args(cls, unpack(data[HEADER_BYTES:])["args"])
    except Exception as error:  # a wrong type fails in many ways, in the codec and beneath it
        too_large = isinstance(error, ValueError) and not isinstance(error, UnicodeError)
        code = ResultCode.SDK_FAILURE if too_large else ResultCode.INVALID_ARGUMENT
        text = f"{code.text.removesuffix('.')}: {error}."
        raise CommandError(command, agent_id, code, text) from None
    return data
