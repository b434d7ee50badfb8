"""What desktops are told of a campaign, kept ready: the lists are long, and the same for all who ask."""

import re
from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from itertools import chain

from agentmgr.core.model import CampaignSpec, ExternalDestination
from protocol.enums import DestinationType
from protocol.sizes import whole_entries
from protocol.structures import Attribute, CompletionCode, Destination
from protocol.values import Kept

_TAIL_DIGITS = 6
_PLAIN = re.compile(r"[\s0-9+()./-]*")


class CampaignLists:
    """The lists of one version of a campaign; each is made when somebody asks first."""

    def __init__(self, campaign: CampaignSpec) -> None:
        self._campaign = campaign

    @cached_property
    def completion_codes(self) -> Kept[CompletionCode]:
        """The completion codes, as many as fit a frame."""
        codes = self._campaign.completion_codes
        return Kept(whole_entries(CompletionCode(code.code_id, code.name) for code in codes))

    @cached_property
    def attributes(self) -> Kept[Attribute]:
        """The attributes without values."""
        specs = self._campaign.attributes
        return Kept(whole_entries(Attribute(spec.name, attribute_type=spec.attribute_type) for spec in specs))

    @cached_property
    def address_book(self) -> Kept[Destination]:
        """The address book, as many entries as fit a frame."""
        return Kept(
            whole_entries(
                Destination(DestinationType.External, entry.number, entry.name)
                for entry in self._campaign.address_book
            )
        )

    def listed(self, typed: str, number: str | None, read: Callable[[str], str | None]) -> str | None:
        """Return the number of the entry of the address book that somebody typed; None if there is none.

        Args:
            typed: as it was typed.
            number: what number that is, E.164; None if it is none.
            read: returns what number an entry is; dear, and called for those alone that end alike.
        """
        by_number, by_tail, others = self._entries
        alike = [by_number[typed]] if typed in by_number else []
        if number is not None:
            tails = (number[-length:] for length in range(_TAIL_DIGITS, 1, -1))
            alike += chain(*(by_tail.get(tail, ()) for tail in tails), others)
        return next(
            (entry.number for entry in alike if entry.number == typed or read(entry.number) == number), None
        )

    @cached_property
    def _entries(
        self,
    ) -> tuple[
        dict[str, ExternalDestination], dict[str, list[ExternalDestination]], list[ExternalDestination]
    ]:
        """The address book by what its numbers are, by their last digits, and those without such."""
        by_number: dict[str, ExternalDestination] = {}
        by_tail: dict[str, list[ExternalDestination]] = defaultdict(list)
        others = []
        for entry in self._campaign.address_book:
            by_number.setdefault(entry.number, entry)
            digits = re.sub(r"[^0-9]", "", entry.number)
            if _PLAIN.fullmatch(entry.number) and len(digits) > 1:
                by_tail[digits[-_TAIL_DIGITS:]].append(entry)
            else:  # letters, or digits of other scripts: what number that is, only reading tells
                others.append(entry)
        return by_number, by_tail, others
