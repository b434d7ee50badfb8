"""What can go wrong on the wire, by whose fault."""

from protocol.results import ResultCode


class RemoteProtocolError(Exception):
    """The peer broke the protocol; the connection cannot go on.

    The text may be told to the peer: it holds nothing of ours.
    """


class ArgumentError(Exception):
    """The arguments of one message are unusable; the connection can go on.

    `code` is what the command is answered with, the text names the field.
    """

    def __init__(self, code: ResultCode, text: str) -> None:
        super().__init__(text)
        self.code = code
