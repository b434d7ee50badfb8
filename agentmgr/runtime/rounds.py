"""Tells whether an event comes alone, by the rounds of trio's scheduler."""

import trio


class Rounds(trio.abc.Instrument):
    """Counts rounds while it is one of trio's instruments; until then nothing comes alone."""

    def __init__(self) -> None:
        self._round = 0
        self._event_round = 0
        self._busy_round = 0

    def after_io_wait(self, timeout: float) -> None:
        self._round += 1

    def comes_alone(self) -> bool:
        """Note an event; True if it is the first of its round and the round before was not busy."""
        this = self._round
        if this == self._event_round:
            self._busy_round = this
            return False
        self._event_round = this
        return this > self._busy_round + 1

    def note_busy(self) -> None:
        """Note that several events were there at once."""
        self._busy_round = self._round
