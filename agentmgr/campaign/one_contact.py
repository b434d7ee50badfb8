"""Contacts one by one: looked up, saved, changed, deleted, each by its list and its id in that."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import frozen

from agentmgr.campaign.checks import (
    NO_CHECKS,
    Checks,
    ContactReader,
    Fault,
    WrittenNumber,
    addresses_of,
    with_numbers,
)
from agentmgr.campaign.columns import SYSTEM_ATTRIBUTES
from agentmgr.campaign.phone_rules import PhoneRules, compiled
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.model import (
    PHONE_ZONE_ATTRIBUTES,
    USER_CONTACT_ID,
    AttributeSpec,
    PhoneNumber,
    country_code_attribute,
)
from agentmgr.core.numbers import calling_code_of
from agentmgr.ports import ContactDraft, ContactList, Deletion, StoredContact

PREDEFINED = frozenset(spec.name for spec in SYSTEM_ATTRIBUTES)
KEPT = (
    "LastModifiedOn",
    "LastModifiedBy",
    "LastAttemptTime",
    "LastSuccessfulAttemptTime",
    "LastCompletionCodeId",
)
"""What the system keeps of a contact itself: read like an attribute, and never set."""
PHONE = "phone"


@frozen
class KnownNumber:
    """A telephone number that a contact has, with its country calling code, 0 if there is none such."""

    number: PhoneNumber
    calling_code: int


class OneContactService(Service):
    """Contacts one by one.

    All raise ServiceError: there is no such list or contact for the caller, or what else a method says.
    """

    def get(self, list_name: str, user_contact_id: str) -> StoredContact:
        """Return a contact, without attributes that are another organisation's alone.

        Raises:
            ServiceError: it has nothing but those.
        """
        found = self._find(self.find_list(list_name), user_contact_id)
        if not self._caller.organisation:
            return found
        specs = self._specs(found.contact.attributes).values()
        foreign = {each.name for each in specs if not self._caller.may_see(each.organisation)}
        seen = found.without(foreign)
        if seen != found and seen.contact.attributes.keys() <= {USER_CONTACT_ID}:
            raise ServiceError(
                Cause.FOREIGN_ATTRIBUTE,
                f"contact {user_contact_id[:100]} of list {list_name}: all that it has is another"
                " organisation's",
            )
        return seen

    def save(
        self,
        list_name: str,
        values: Mapping[str, str],
        checks: Checks = NO_CHECKS,
        *,
        update: bool = True,
    ) -> bool:
        """Store a contact, whose id is one of the values; an empty value takes an attribute away.

        Returns:
            False if it is there already, and `update` was not said; nothing was changed then.

        Raises:
            ServiceError: an attribute is not there for the caller, a value does not fit, a check that was
                asked for refuses it; nothing was stored.
        """
        contact_list, specs = self.find_list(list_name), self._specs(values)
        for name in values:
            self._spec(specs, name)
        if not update or not values.keys().isdisjoint(_OF_NUMBERS):
            user_contact_id = values.get(USER_CONTACT_ID, "")
            there = self._at.store.find_contact(contact_list.list_id, user_contact_id.strip())
            if there is not None:
                if not update:
                    return False
                values = with_numbers(values, there.contact.attributes)
        reader = self._reader(contact_list, specs, checks)
        draft, faults = reader.read(values)
        if draft is None:
            raise _refusal(faults)
        return self._put(contact_list, draft, checks, update=update)

    def save_many(
        self, list_name: str, contacts: Sequence[Mapping[str, str]], checks: Checks = NO_CHECKS
    ) -> list[ServiceError | None]:
        """Store contacts as `save` does, in one transaction as long as no id comes again.

        Returns:
            For each in its place why it was not stored, None if it was.

        Raises:
            ServiceError: there is no such list for the caller; nothing was stored.
        """
        names = {name for values in contacts for name in values}
        contact_list, specs = self.find_list(list_name), self._specs(names)
        reader = self._reader(contact_list, specs, checks)
        refusals: list[ServiceError | None] = [None] * len(contacts)
        read: list[tuple[int, ContactDraft]] = []
        ids: set[str] = set()
        for place, values in enumerate(contacts):
            try:
                for name in values:
                    self._spec(specs, name)
                if not values.keys().isdisjoint(_OF_NUMBERS) and values.keys().isdisjoint(
                    PHONE_ZONE_ATTRIBUTES
                ):
                    found = self._at.store.find_contact(
                        contact_list.list_id, values.get(USER_CONTACT_ID, "").strip()
                    )
                    values = with_numbers(values, found.contact.attributes) if found is not None else values
                draft, faults = reader.read(values)
                if draft is None:
                    raise _refusal(faults)
                self._check_dnc(contact_list, draft, checks)
                if draft.user_contact_id in ids:
                    self._put_many(contact_list, read, refusals)
                    read, ids = [], set()
                read.append((place, draft))
                ids.add(draft.user_contact_id)
            except ServiceError as error:
                refusals[place] = error
        self._put_many(contact_list, read, refusals)
        return refusals

    def _put_many(
        self,
        contact_list: ContactList,
        read: Sequence[tuple[int, ContactDraft]],
        refusals: list[ServiceError | None],
    ) -> None:
        """Store contacts with ids of their own, and note at their places which are too large."""
        put = self._at.store.put_contacts(
            contact_list.list_id, [draft for _, draft in read], self._at.now(), self._caller.name
        )
        for among, size in put.too_large.items():
            place, draft = read[among]
            refusals[place] = _too_large(draft, size)
        for job in put.taken_in:
            self.hint(job.zones)

    def delete(self, list_name: str, user_contact_id: str) -> None:
        """Delete a contact for good; what was done with it stays.

        Raises:
            ServiceError: it is in use: a job that is not over wants it, or it waits for a callback.
        """
        contact_list = self.find_list(list_name)
        done = self._at.store.delete_contact(
            contact_list.list_id, user_contact_id, self._at.now(), self._caller.name
        )
        if done is Deletion.MISSING:
            raise _missing(contact_list, user_contact_id)
        if done is Deletion.IN_USE:
            raise ServiceError(
                Cause.IN_USE,
                f"contact {user_contact_id[:100]} of list {list_name}: a job that is not over wants it, or it"
                " waits for a callback; it can be deleted once that is over",
            )

    # -- attributes ------------------------------------------------------------------------------

    def value(self, list_name: str, user_contact_id: str, name: str) -> str:
        """Return the value of an attribute; that of one which every contact has may be empty.

        Raises:
            ServiceError: there is no such attribute for the caller, or the contact has no value of it.
        """
        contact_list = self.find_list(list_name)
        self._spec(self._specs([name]), name)
        values = self._at.store.contact_values(contact_list.list_id, user_contact_id)
        if values is None:
            raise _missing(contact_list, user_contact_id)
        value = values.get(name, "")
        if not value and name not in PREDEFINED:
            raise ServiceError(
                Cause.NO_VALUE, f"contact {user_contact_id[:100]} of list {list_name}: has no {name}"
            )
        return value

    def set_value(self, list_name: str, user_contact_id: str, name: str, value: str) -> None:
        """Give an attribute a value, or take it away with an empty one.

        Raises:
            ServiceError: there is no such attribute for the caller, it cannot be set, the value does not fit.
        """
        contact_list, specs = self.find_list(list_name), self._specs([name])
        if name == USER_CONTACT_ID or name in KEPT:
            raise ServiceError(Cause.BAD_VALUE, f"attribute {name}: is kept by the system, and cannot be set")
        self._spec(specs, name)
        values = {name: value}
        if name in _OF_NUMBERS:
            there = self._find(contact_list, user_contact_id)
            values = with_numbers(values, there.contact.attributes)
            if len(values) == 1:
                what = (
                    "follows from a number" if not value else "belongs to a number that the contact has not"
                )
                raise ServiceError(Cause.BAD_VALUE, f"attribute {name}: {what}, and cannot be set")
        draft, faults = self._reader(contact_list, specs).read({USER_CONTACT_ID: user_contact_id, **values})
        if draft is None:
            raise _refusal(faults)
        self._put(contact_list, draft, create=False)

    # -- telephone numbers -----------------------------------------------------------------------

    def number(self, list_name: str, user_contact_id: str, name: str) -> KnownNumber:
        """Return a telephone number of a contact.

        Raises:
            ServiceError: no attribute of that name is a telephone number, or the contact has none of it.
        """
        contact_list = self.find_list(list_name)
        self._phone(name)
        contact = self._find(contact_list, user_contact_id).contact
        for number in contact.numbers:
            if number.name == name:
                return KnownNumber(number, calling_code_of(number.number))
        raise ServiceError(
            Cause.NO_SUCH_NUMBER, f"contact {user_contact_id[:100]} of list {list_name}: has no {name}"
        )

    def set_number(
        self,
        list_name: str,
        user_contact_id: str,
        name: str,
        checks: Checks = NO_CHECKS,
        *,
        text: str | None = None,
        country: str | None = None,
        timezone: str | None = None,
    ) -> None:
        """Change a telephone number of a contact; what is None stays, what is empty is taken away.

        Without country and time zone a number has those that it tells by itself.

        Raises:
            ServiceError: no attribute of that name is a telephone number, it is none, or a check that was
                asked for refuses it; nothing was changed.
        """
        contact_list = self.find_list(list_name)
        self._phone(name)
        there = self._find(contact_list, user_contact_id).contact
        old = next((each for each in there.numbers if each.name == name), None)
        country_name, draft_id = country_code_attribute(name), there.user_contact_id
        if text == "":
            draft = ContactDraft(draft_id, (), {name: "", country_name: ""})
            self._put(contact_list, draft, create=False)
            return
        if text is None and old is None:
            why = f"contact {user_contact_id[:100]} of list {list_name}: has no {name}, and none is given"
            raise ServiceError(Cause.BAD_VALUE, why)
        number = old.number if text is None and old is not None else text or ""
        written = WrittenNumber(name, number, country or "", timezone or "")
        phone, faults = self._reader(contact_list, {}, checks).read_number(written)
        if phone is None:
            raise _refusal(faults)
        follows = {country_name: str(calling_code_of(phone.number))} if name in PREDEFINED else {}
        stays = timezone is None and not checks.automatic_timezone
        draft = ContactDraft(draft_id, (phone,), follows, frozenset({name} if stays else ()))
        self._put(contact_list, draft, checks, create=False)

    # -- what they share -------------------------------------------------------------------------

    def _find(self, contact_list: ContactList, user_contact_id: str) -> StoredContact:
        found = self._at.store.find_contact(contact_list.list_id, user_contact_id)
        if found is None:
            raise _missing(contact_list, user_contact_id)
        return found

    def _specs(self, names: Collection[str] | None = None) -> dict[str, AttributeSpec]:
        """Return those attributes that every contact has, and the others of some names, or all."""
        known = {spec.name: spec for spec in self._at.store.attributes(names)}
        if not known.keys() >= (PREDEFINED if names is None else PREDEFINED.intersection(names)):
            self._at.store.define_attributes(SYSTEM_ATTRIBUTES)
        return {**{spec.name: spec for spec in SYSTEM_ATTRIBUTES}, **known}

    def _spec(self, specs: Mapping[str, AttributeSpec], name: str) -> AttributeSpec:
        spec = specs.get(name)
        if spec is None:
            raise ServiceError(
                Cause.NO_SUCH_ATTRIBUTE,
                f"no attribute {name[:100]!r}; agentmgr attributes list has all, and case matters",
            )
        self.check_owner(spec.organisation, Cause.FOREIGN_ATTRIBUTE, f"attribute {name}")
        return spec

    def _phone(self, name: str) -> None:
        spec = self._specs([name]).get(name)
        if spec is None or spec.data_type != PHONE or not self._caller.may_see(spec.organisation):
            phones = [each.name for each in self._specs().values() if each.data_type == PHONE]
            raise ServiceError(
                Cause.NO_SUCH_ATTRIBUTE,
                f"no attribute {name[:100]!r} that is a telephone number; there are {', '.join(phones)}",
            )

    def _reader(
        self, contact_list: ContactList, specs: Mapping[str, AttributeSpec], checks: Checks = NO_CHECKS
    ) -> ContactReader:
        wanted = checks.reject_patterns or checks.phone_formats
        rules = compiled(self._at.store.phone_rules()) if wanted else PhoneRules()
        return ContactReader(specs.values(), contact_list.country or None, checks, rules)

    def _put(
        self,
        contact_list: ContactList,
        draft: ContactDraft,
        checks: Checks = NO_CHECKS,
        *,
        create: bool = True,
        update: bool = True,
    ) -> bool:
        """Store a contact; tell whether it was."""
        self._check_dnc(contact_list, draft, checks)
        put = self._at.store.put_contacts(
            contact_list.list_id,
            [draft],
            self._at.now(),
            self._caller.name,
            create=create,
            update=update,
        )
        for size in put.too_large.values():
            raise _too_large(draft, size)
        for job in put.taken_in:
            self.hint(job.zones)
        if not create and not put.updated:
            raise _missing(contact_list, draft.user_contact_id)
        return bool(put.created or put.updated)

    def _check_dnc(self, contact_list: ContactList, draft: ContactDraft, checks: Checks) -> None:
        """Refuse a contact with an address that must not be called, if that is to be checked."""
        addresses = addresses_of(draft) if checks.dnc else ()
        if addresses and (listed := self._at.store.on_dnc(addresses, contact_list.organisation)):
            raise ServiceError(
                Cause.CHECK_FAILED,
                f"contact {draft.user_contact_id}: {', '.join(sorted(listed))} is on the do-not-call list",
            )


_OF_NUMBERS = frozenset(PHONE_ZONE_ATTRIBUTES.values()) | {
    country_code_attribute(name) for name in PHONE_ZONE_ATTRIBUTES
}


def _too_large(draft: ContactDraft, size: int) -> ServiceError:
    return ServiceError(
        Cause.BAD_VALUE,
        f"contact {draft.user_contact_id}: its values would be {size} bytes, more than a desktop can be told"
        " at once",
    )


def _missing(contact_list: ContactList, user_contact_id: str) -> ServiceError:
    return ServiceError(
        Cause.NO_SUCH_CONTACT,
        f"no contact {user_contact_id[:100]!r} in list {contact_list.name}; ids are those of UserContactId",
    )


def _refusal(faults: Iterable[Fault]) -> ServiceError:
    """Return one error for all that is wrong; a value that does not fit at all before a check that failed."""
    ordered = sorted(faults, key=lambda each: each.cause is Cause.CHECK_FAILED)
    said = "; ".join(f"{each.attribute} {each.found[:50]!r} {each.why}" for each in ordered)
    return ServiceError(ordered[0].cause, said)
