"""A wake-up for the one task that waits for work; cheaper than an event made anew each time."""

import trio


class Doorbell:
    """Wakes at most one waiting task. Nothing is remembered: look at the work before waiting."""

    def __init__(self) -> None:
        self._waiter: trio.lowlevel.Task | None = None

    async def wait(self) -> None:
        """Sleep until `ring`; a cancellation leaves the bell as it was."""
        if self._waiter is not None:
            raise trio.BusyResourceError("another task waits at this bell already")
        self._waiter = trio.lowlevel.current_task()
        await trio.lowlevel.wait_task_rescheduled(self._abort)

    def ring(self) -> None:
        """Wake the waiting task, if there is one."""
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            trio.lowlevel.reschedule(waiter)

    def _abort(self, _raise_cancel: object) -> trio.lowlevel.Abort:
        self._waiter = None
        return trio.lowlevel.Abort.SUCCEEDED
