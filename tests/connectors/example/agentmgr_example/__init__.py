"""A plug-in of each kind, as a distribution of one's own would have them; all write below one directory."""

import csv
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from agentmgr.connectors import (
    AttemptInfo,
    CampaignInfo,
    Contact,
    ContactInfo,
    JobInfo,
    PomInfo,
    ResultMessage,
)


class LinesSource:
    """Contacts from a CSV file: the option `file`, and `batch` of them at a time."""

    def __init__(self, options: Mapping[str, Any], import_id: int) -> None:
        self._path = Path(options["file"])
        self._batch = int(options.get("batch", 1000))
        self._rows: Iterator[dict[str, str]] = iter(())
        self._next: list[Contact] = []

    def init(self) -> None:
        self._rows = csv.DictReader(self._path.read_text().splitlines())
        self._next = self._read()

    def get_next_contact_batch(self) -> Sequence[Contact]:
        batch, self._next = self._next, self._read()
        return batch

    def has_more_contacts(self) -> bool:
        return bool(self._next)

    def _read(self) -> list[Contact]:
        return [
            Contact(
                user_contact_id=row["id"],
                first_name=row.get("first", ""),
                last_name=row.get("last", ""),
                phone_number1=row.get("phone", ""),
                attributes={"City": row["city"]} if row.get("city") else {},
            )
            for row in islice(self._rows, self._batch)
        ]


class _Writes:
    def __init__(self, options: Mapping[str, Any]) -> None:
        self._directory = Path(options.get("directory", "."))

    def _append(self, name: str, lines: Sequence[Mapping[str, Any]]) -> None:
        """Write lines that are safe when this returns."""
        with (self._directory / name).open("a") as file:
            file.writelines(json.dumps(line, sort_keys=True) + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())


class Report(_Writes):
    """A file for each job with a line for each attempt."""

    def process_contact_attempt(
        self, campaign: CampaignInfo, job: JobInfo, contact: ContactInfo, attempt: AttemptInfo
    ) -> None:
        line = {
            "campaign": campaign.name,
            "ended": job.finish_reason,
            "contact": contact.contact_id,
            "first_name": contact.first_name,
            "session": attempt.pim_session_id,
            "code": attempt.pim_completion_code,
            "number": attempt.address,
            "at": attempt.contact_attempt_time.isoformat(),
        }
        self._append(f"job-{job.job_id}.jsonl", [line])


class Ticket(_Writes):
    """A line for each contact that the strategy sends here."""

    def process_contact(self, pom_info: PomInfo, parent_state_name: str) -> bool:
        self._append("tickets.jsonl", [{"contact": pom_info.contact_id, "after": parent_state_name}])
        return True


class Tally(_Writes):
    """A line for each result that the strategy sends here; of contacts without an address it takes none."""

    def process_result(self, pom_info: PomInfo, result: str) -> bool:
        self._append("tally.jsonl", [{"contact": pom_info.contact_id, "result": result}])
        return bool(pom_info.address)


class Journal(_Writes):
    """A line for each result; whoever reads it drops those whose id it has seen."""

    def publish(self, messages: Sequence[ResultMessage]) -> None:
        self._append(
            "results.jsonl",
            [{"id": each.message_id, "contact": each.contact_id, "result": each.result} for each in messages],
        )
