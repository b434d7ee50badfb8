"""A store whose contacts never end and that forgets what is over: a month needs no more than a day."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence

from agentmgr.core.effects import CheckDial, EndAttempt, MarkAnswered, Record, ReturnContact
from agentmgr.core.events import ContactsFetched, DialChecked
from agentmgr.core.model import CampaignSpec, ContactSpec, LatestCalls, LiveCalls, PhoneNumber
from agentmgr.ports import Token
from agentmgr.testing.memory_store import MemoryStore

HOUR_S = 3600.0
LATEST = 1500
"""So many of a job's calls are remembered."""

REST = 50
"""So many numbers rest before the first of them is dialled again: a new one would have to be read."""


class EndlessStore(MemoryStore):
    """Makes contacts when they are claimed, and checks what the zone writes like its parent.

    Args:
        campaigns: those there are, by their jobs.
        prefix: how the number of a contact begins, by the contact's number.
        come: how many contacts of a job there have been up to now, and when the next ones come.

    Attributes:
        dials, answers, abandoned: counted from the records: what an auditor would find.
        by_hour: answers and abandoned calls of a job in each hour in which they began.
    """

    def __init__(
        self,
        campaigns: Mapping[int, CampaignSpec],
        prefix: Callable[[int], str],
        come: Callable[[int], tuple[float, float]],
    ) -> None:
        super().__init__()
        self.dials = self.answers = self.abandoned = 0
        self.by_hour: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
        self._latest: defaultdict[int, deque[tuple[float, bool, float | None]]] = defaultdict(
            lambda: deque(maxlen=LATEST)
        )
        self._made = 0
        self._made_for = Counter[int]()
        self._prefix = prefix
        self._come = come
        self._resting: defaultdict[str, deque[PhoneNumber]] = defaultdict(deque)
        self._prefixes: dict[str, str] = {}
        for job_id, campaign in campaigns.items():
            self.add_job(job_id, (), campaign=campaign)

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        """Take all records in, and forget what they end."""
        for record in records:
            if isinstance(record, MarkAnswered) and record.attempt_id not in self.answered_at:
                self.answers += 1
            self._apply(record)
            if isinstance(record, EndAttempt):
                self._forget_attempt(record)
            elif isinstance(record, ReturnContact):
                self.pending[record.job_id].pop(record.contact_id, None)
                self.done[record.job_id].pop(record.contact_id, None)
                self._due_at.pop((record.job_id, record.contact_id), None)
                (phone,) = self.contacts.pop(record.contact_id).numbers
                self._resting[self._prefixes[phone.number]].append(phone)

    def _forget_attempt(self, end: EndAttempt) -> None:
        self.dials += end.dialed
        self.abandoned += end.outcome == "Nuisance"
        began, answered_at = self.attempts[end.attempt_id], self.answered_at.get(end.attempt_id)
        if answered_at is not None:
            counts = self.by_hour[began.job_id, int(began.at // HOUR_S)]
            counts[0], counts[1] = counts[0] + 1, counts[1] + (end.outcome == "Nuisance")
        if end.dialed and end.outcome != "Cancelled":
            rang_s = (answered_at or end.at) - began.at
            handled_s = end.at - answered_at if answered_at and end.outcome == "Handled" else None
            self._latest[began.job_id].append((rang_s, answered_at is not None, handled_s))
        for kept in (self.attempts, self.ended_attempts, self.answered_at, self.dispositions):
            kept.pop(end.attempt_id, None)

    def live_calls(self, job_id: int, since: float, until: float) -> LiveCalls:
        """Count the live answers of a job, which is its campaign's only one, in whole hours."""
        hours = range(int(since // HOUR_S), -int(-until // HOUR_S))
        answers, abandoned = (
            sum(self.by_hour.get((job_id, hour), (0, 0))[n] for hour in hours) for n in (0, 1)
        )
        return LiveCalls(answers, abandoned, answers, abandoned)

    def latest_calls(self, job_id: int, since: float, until: float) -> LatestCalls:
        """Return how the latest calls of a job went."""
        latest = self._latest[job_id]
        return LatestCalls(
            tuple((rang_s, answered) for rang_s, answered, _ in latest),
            tuple(handled_s for _, _, handled_s in latest if handled_s is not None),
        )

    def claim_contacts(
        self, token: Token, job_id: int, limit: int, now: float, only_retries: bool = False
    ) -> ContactsFetched:
        """Make as many contacts as are asked for and have come."""
        come, next_at = self._come(job_id)
        left = 0 if only_retries else int(min(limit, come - self._made_for[job_id]))
        contacts = [
            ContactSpec(number, f"u{number}", 1, "Endless", (self._phone(self._prefix(number)),), {})
            for number in range(self._made + 1, self._made + 1 + left)
        ]
        self._made += left
        self._made_for[job_id] += left
        made = {contact.contact_id: contact for contact in contacts}
        self.contacts |= made
        self.claimed[job_id] |= made
        self._due_at |= dict.fromkeys(((job_id, contact_id) for contact_id in made), now)
        return ContactsFetched(job_id, tuple(contacts), now if self._made_for[job_id] < come else next_at)

    def _check_dial(self, dial: CheckDial) -> DialChecked:
        """Say what stands against a dial; its attempt may have ended in the turn that began it."""
        known = dial.contact_id in self.contacts
        return super()._check_dial(dial) if known else DialChecked(dial.key, None)

    def _phone(self, prefix: str) -> PhoneNumber:
        resting = self._resting[prefix]
        if len(resting) > REST:
            return resting.popleft()
        number = f"{prefix}{len(self._prefixes):07}"
        self._prefixes[number] = prefix
        return PhoneNumber("phone", number)
