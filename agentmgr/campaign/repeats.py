"""Calls that are carried out once, however often they are sent: what was answered is kept for a day."""

from agentmgr.campaign.service import Service
from agentmgr.ports import KeptCall

KEPT_S = 86_400.0
"""For so long an answer is kept from the beginning of its call, in seconds."""


class RepeatService(Service):
    """A caller's own calls, by keys that the caller has chosen; those of others are not seen."""

    def begin(self, key: str, digest: str) -> tuple[float, KeptCall | None]:
        """Begin a call under a key.

        Args:
            key: the caller's.
            digest: of all that the call is.

        Returns:
            When it began, and the one that has the key already; if there is one, this is not begun.
        """
        now = self._at.now()
        return now, self._at.store.begin_call(self._caller.name, key, digest, now, now - KEPT_S)

    def keep(self, key: str, begun_at: float, status: int, body: str) -> None:
        """Keep the answer of a call that was begun."""
        self._at.store.keep_answer(self._caller.name, key, begun_at, status, body)
