"""Which request is which resource: the operations of the one table, and what is beside them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from attrs import AttrsInstance, field, frozen

from agentmgr.api.operations import OPERATIONS
from agentmgr.campaign.services import Services

ROOT = "/api/v1"

Perform = Callable[[Any, Services], AttrsInstance]


JSON, CSV = "application/json", "text/csv"


@frozen
class Sheet:
    """An answer that is CSV, with a header row."""

    text: str


@frozen
class Route:
    """A method of a resource.

    Attributes:
        path: below the root; a name in braces is a field of the request.
        perform: carries a request out; raises Refused.
        names: what fields are called in the path, where that is not their own name: a path has one set of
            names, whatever classes its methods have.
        whole: the field that the body is, where it is one; otherwise the body has all fields that are not in
            the path.
        has_lines: whether the body is lines of JSON that `rest.bulk` reads as they come, and the answer too.
        is_sheet: whether the answer is a `Sheet`.
    """

    method: str
    path: str
    request: type[AttrsInstance]
    response: type[AttrsInstance]
    perform: Perform
    tag: str
    names: Mapping[str, str] = field(factory=dict)
    whole: str = ""
    has_lines: bool = False
    is_sheet: bool = False

    @property
    def name(self) -> str:
        """Return what the operation is called."""
        return self.request.__name__

    @property
    def parts(self) -> tuple[str, ...]:
        """Return what stands between the slashes of the path."""
        return tuple(self.path.split("/")[1:])

    @property
    def media_type(self) -> str:
        """Return what an answer is, of a route without lines."""
        return CSV if self.is_sheet else JSON

    @property
    def has_body(self) -> bool:
        """Whether fields that are not in the path come in the body; in the query otherwise."""
        return self.method in ("POST", "PUT", "PATCH") and not self.has_lines

    @property
    def has_keys(self) -> bool:
        """Whether a call changes something, and may have a key under which it is carried out once."""
        return self.method != "GET" and not self.has_lines

    @property
    def in_path(self) -> dict[str, str]:
        """Return the fields that the path has, by their names in it."""
        return {part[1:-1]: self.names.get(part[1:-1], part[1:-1]) for part in self.parts if part[:1] == "{"}


_CONTACT = "/lists/{ContactListName}/contacts/{ContactID}"
_OF_OPERATIONS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "SaveContactToList": ("POST", "/contacts", {}),
    "GetContactDataFromList": ("GET", _CONTACT, {"ContactID": "UserContactID"}),
    "DeleteContactFromList": ("DELETE", _CONTACT, {}),
    "GetContactAttributeValueFromList": ("GET", f"{_CONTACT}/attributes/{{AttributeName}}", {}),
    "UpdateContactAttributeValueToList": ("PUT", f"{_CONTACT}/attributes/{{AttributeName}}", {}),
    "GetPhoneNumber": ("GET", f"{_CONTACT}/phones/{{PhoneAttributeName}}", {}),
    "UpdatePhoneNumber": ("PUT", f"{_CONTACT}/phones", {}),
    "GetAttributesList": ("GET", "/contact-attributes", {}),
    "EmptyContactList": ("DELETE", "/lists/{ContactListName}/contacts", {}),
    "GetContactListEmptyStatus": ("GET", "/lists/{ContactListName}/status", {}),
    "IsDNC": ("GET", "/dnc/{Address}", {}),
    "AddToDNCList": ("PUT", "/dnc/{Address}", {}),
    "RemoveFromDNCList": ("DELETE", "/dnc/{Address}", {}),
    "AddContactFromListToJob": ("POST", "/campaigns/{CampaignName}/contacts", {}),
    "AddContactListToJob": ("POST", "/campaigns/{CampaignName}/lists", {}),
    "GetContactListNames": ("GET", "/campaigns/{CampaignName}/lists", {}),
    "RunCampaign": ("POST", "/campaigns/{CampaignName}/jobs", {}),
    "GetCampaignJobs": ("GET", "/campaigns/{CampaignName}/jobs", {}),
    "GetActiveJobs": ("GET", "/campaigns/{CampaignName}/active-jobs", {}),
    "GetActiveJobTaskIds": ("GET", "/campaigns/{CampaignName}/active-tasks", {}),
    "GetActiveJobTaskIdForTask": ("GET", "/campaigns/{CampaignName}/active-tasks/{TaskName}", {}),
    "ScheduleCampaign": ("POST", "/campaigns/{CampaignName}/schedules", {}),
    "ScheduleRecurringCampaign": ("POST", "/campaigns/{CampaignName}/recurring-schedules", {}),
    "GetCampaignDetails": ("GET", "/campaign-jobs", {}),
    "ScheduleCallBack": ("POST", "/callbacks", {}),
    "UpdateCompletionCode": ("PUT", "/sessions/{PimSessionID}/completion-code", {}),
    "GetAllCompletionCodesForCampaign": ("GET", "/jobs/{JobID}/completion-codes", {}),
    "PauseActiveJob": ("POST", "/jobs/{JobID}/pause", {}),
    "ResumePausedJob": ("POST", "/jobs/{JobID}/resume", {}),
    "StopJob": ("POST", "/jobs/{JobID}/stop", {}),
    "SetMaxAttemptsCount": ("PUT", "/jobs/{JobID}/max-attempts", {}),
    "SetMaxAttemptsCountForTask": ("PUT", "/jobs/{JobID}/tasks/{TaskID}/max-attempts", {}),
    "UpdateCampaignAttributeValue": ("POST", "/jobs/{JobID}/attributes/{AttributeName}", {"JobID": "JobId"}),
    "UpdateAgentAttributeValue": (
        "POST",
        "/jobs/{JobID}/agents/{AgentId}/attributes/{AttributeName}",
        {"JobID": "JobId"},
    ),
    "GetCampaignAttributesList": ("GET", "/campaign-attributes", {}),
    "GetAgentAttributesList": ("GET", "/agent-attributes", {}),
    "ScheduleDataSource": ("POST", "/data-sources/{DataSourceName}/schedules", {}),
    "ScheduleRecurringDataSource": ("POST", "/data-sources/{DataSourceName}/recurring-schedules", {}),
    "GetImportJobStatus": ("GET", "/data-sources/{DataSourceName}/imports", {}),
}
WITHOUT = frozenset(
    {
        "GetContactData",
        "GetContactAttributeValue",
        "SaveContact",
        "AddContactToJob",
        "UpdateContactAttributeValue",
        "DeleteContact",
        "AddContactGroupToJob",
    }
)
"""Operations that older programs have; others take their place."""


def operation_routes() -> tuple[Route, ...]:
    """Return the routes of the operations that are served."""
    return tuple(
        Route(
            method,
            path,
            operation.signature.request,
            operation.signature.response,
            operation.perform,
            path.split("/")[1],
            names,
        )
        for operation in OPERATIONS.values()
        if operation.name not in WITHOUT
        for method, path, names in (_OF_OPERATIONS[operation.name],)
    )


class Routes:
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.all = tuple(routes)
        self._by_shape: dict[tuple[str, ...], dict[str, Route]] = {}
        for route in self.all:
            shape = tuple("{}" if part[:1] == "{" else part for part in route.parts)
            methods = self._by_shape.setdefault(shape, {})
            if route.method in methods:
                raise TypeError(f"{route.method} {route.path}: is {methods[route.method].name} already")
            methods[route.method] = route

    def find(self, path: bytes) -> tuple[Mapping[str, Route], tuple[str, ...]]:
        """Return the methods of the resource at a path below the root, and what stands in its places.

        There are no methods if there is no such resource.

        Raises:
            ValueError: it is no UTF-8.
        """
        parts = [unquote_to_bytes(part).decode() for part in path.split(b"/")[1:]]
        for shape, methods in self._by_shape.items():
            if len(shape) == len(parts) and all(
                part if want == "{}" else part == want for want, part in zip(shape, parts, strict=True)
            ):
                values = (part for want, part in zip(shape, parts, strict=True) if want == "{}")
                return methods, tuple(values)
        return {}, ()
