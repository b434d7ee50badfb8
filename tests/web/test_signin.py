"""What sign-in remembers, what it slows, and for whom; the time is the test's."""

import threading
from base64 import b64encode

import pytest
import trio
import trio.testing
from attrs import Factory, define, evolve
from starlette.exceptions import HTTPException
from starlette.requests import Request

from agentmgr.campaign.service import Caller
from agentmgr.ports import AccountLogin, Login, Role, StoreFault
from agentmgr.web.signin import MAX_WAITING, REMEMBERED_S, SignIn

ACCOUNT = AccountLogin("crm", "hash of secret", Role.MANAGER, True)


def request(
    user: str = "crm:secret",
    host: str = "10.0.0.1",
    header: str = "",
    method: str = "POST",
    site: str = "none",
) -> Request:
    header = header or f"Basic {b64encode(user.encode()).decode()}"
    return Request(
        {
            "type": "http",
            "method": method,
            "headers": [(b"authorization", header.encode()), (b"sec-fetch-site", site.encode())],
            "client": (host, 1),
        }
    )


@define
class Door:
    """A sign-in with one account, and what it has asked of others."""

    account: AccountLogin | None = ACCOUNT
    checks: int = 0
    fails: bool = False
    closed: threading.Lock = Factory(threading.Lock)
    token: str = "agentmgr_1a_secret"
    looks: int = 0

    def holder(self, text: str) -> AccountLogin | None:
        self.looks += 1
        if self.fails:
            raise StoreFault("the disk is full")
        return self.account if text == self.token else None

    def find(self, name: str) -> AccountLogin | None:
        if self.fails:
            raise StoreFault("the disk is full")
        return self.account if self.account is not None and name == self.account.name else None

    def verify(self, login: Login | None, password: str) -> bool:
        with self.closed:
            self.checks += 1
        return login is not None and login.password_hash == f"hash of {password}"


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def sign_in(door: Door) -> SignIn:
    return SignIn(door.find, door.verify, door.holder)


async def status(sign_in: SignIn, asked: Request, *, tokens: bool = False) -> tuple[int, str]:
    """Return the status of a refusal with how long to wait, or 200."""
    try:
        await sign_in.caller(asked, tokens=tokens)
    except HTTPException as error:
        return error.status_code, (error.headers or {}).get("Retry-After", "")
    return 200, ""


async def test_good_password_is_checked_once_in_some_minutes(
    sign_in: SignIn, door: Door, mock_clock: trio.testing.MockClock
) -> None:
    for _ in range(3):
        assert (await sign_in.caller(request())).name == "crm"
    assert (await sign_in.caller(request(host="10.0.0.2"))).name == "crm"
    assert door.checks == 1
    mock_clock.jump(REMEMBERED_S)
    await sign_in.caller(request())
    assert door.checks == 2


async def test_caller_is_who_the_account_is_now(sign_in: SignIn, door: Door) -> None:
    for organisation in ("North", "South", ""):
        door.account = evolve(ACCOUNT, organisation=organisation)
        assert await sign_in.caller(request()) == Caller("crm", organisation)
    assert door.checks == 1


async def test_password_is_forgotten_when_the_account_has_another(sign_in: SignIn, door: Door) -> None:
    await sign_in.caller(request())
    door.account = evolve(ACCOUNT, password_hash="hash of other")
    assert await status(sign_in, request()) == (401, "")
    assert await status(sign_in, request("crm:other")) == (200, "")


@pytest.mark.parametrize("changes", [{"enabled": False}, {"role": Role.SERVICE}])
async def test_account_that_may_not_call_any_more_is_refused_at_once(
    sign_in: SignIn, door: Door, changes: dict[str, object]
) -> None:
    await sign_in.caller(request())
    door.account = evolve(ACCOUNT, **changes)
    assert await status(sign_in, request()) == (403, "")


async def test_wrong_passwords_are_slowed_for_account_and_address_alone(
    sign_in: SignIn, door: Door, mock_clock: trio.testing.MockClock
) -> None:
    for _ in range(3):
        assert await status(sign_in, request("crm:wrong")) == (401, "")
    assert await status(sign_in, request("crm:wrong")) == (429, "1")
    assert await status(sign_in, request()) == (429, "1")
    assert await status(sign_in, request(host="10.0.0.2")) == (200, "")
    assert door.checks == 4
    # what is remembered is not held up by who guesses
    assert await status(sign_in, request()) == (200, "")
    mock_clock.jump(1.0)
    assert await status(sign_in, request("crm:wrong")) == (401, "")
    assert await status(sign_in, request("crm:wrong")) == (429, "2")


async def test_address_that_tries_many_accounts_is_slowed(sign_in: SignIn, door: Door) -> None:
    found = [await status(sign_in, request(f"user{n}:x")) for n in range(60)]
    assert found[:50] == [(401, "")] * 50
    assert {code for code, _ in found[50:]} == {429}
    assert door.checks == 50


async def test_guesses_at_one_moment_are_checked_one_after_the_other(
    sign_in: SignIn, door: Door, nursery: trio.Nursery
) -> None:
    found: list[tuple[int, str]] = []

    async def guess(number: int) -> None:
        found.append(await status(sign_in, request(f"crm:guess{number}")))

    async with trio.open_nursery() as guesses:
        for number in range(20):
            guesses.start_soon(guess, number)
    assert sorted(code for code, _ in found) == [401] * 3 + [429] * 17
    assert door.checks == 3


async def test_calls_that_come_together_share_one_check(sign_in: SignIn, door: Door) -> None:
    async with trio.open_nursery() as calls:
        for _ in range(20):
            calls.start_soon(sign_in.caller, request())
    assert door.checks == 1


async def test_more_than_some_that_wait_are_put_off(sign_in: SignIn, door: Door) -> None:
    found: list[int] = []

    async def call(number: int) -> None:
        found.append((await status(sign_in, request(f"user{number}:x", host=f"10.0.1.{number}")))[0])

    async with trio.open_nursery() as calls:
        with door.closed:
            for number in range(MAX_WAITING):
                calls.start_soon(call, number)
            while sign_in._waiting < MAX_WAITING:
                await trio.lowlevel.checkpoint()
            assert await status(sign_in, request("late:x", host="10.0.2.1")) == (503, "1")
    assert found == [401] * MAX_WAITING


@pytest.mark.parametrize("header", ["Bearer x", "Basic", "Basic !!!", "Basic \xff", "basic"])
async def test_header_of_another_kind_asks_for_basic(sign_in: SignIn, header: str) -> None:
    assert await status(sign_in, request(header=header)) == (401, "")


async def test_passwords_in_both_encodings_are_read(sign_in: SignIn, door: Door) -> None:
    door.account = evolve(ACCOUNT, password_hash="hash of gr\xfc\xdfe:x")
    for raw in ("crm:gr\xfc\xdfe:x".encode(), "crm:gr\xfc\xdfe:x".encode("latin-1")):
        assert await status(sign_in, request(header=f"Basic {b64encode(raw).decode()}")) == (200, "")


async def test_accounts_that_cannot_be_read_are_asked_for_later(sign_in: SignIn, door: Door) -> None:
    door.fails = True
    assert await status(sign_in, request()) == (503, "1")


def bearer(token: str = "agentmgr_1a_secret", host: str = "10.0.0.1", scheme: str = "Bearer") -> Request:
    return request(host=host, header=f"{scheme} {token}")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_token_is_as_good_as_a_password_where_it_is_taken(
    sign_in: SignIn, door: Door, scheme: str
) -> None:
    for organisation in ("", "North"):
        door.account = evolve(ACCOUNT, organisation=organisation)
        assert await sign_in.caller(bearer(scheme=scheme), tokens=True) == Caller("crm", organisation)
    assert (await sign_in.caller(request(), tokens=True)).name == "crm"
    assert await status(sign_in, bearer(scheme=scheme)) == (401, "")
    assert door.checks == 1


@pytest.mark.parametrize(
    ("header", "tokens", "challenges"),
    [
        ("", False, ["Basic"]),
        ("", True, ["Basic", "Bearer"]),
        ("Bearer agentmgr_1a_secret", False, ["Basic"]),
        ("Bearer agentmgr_1a_wrong", True, ["Bearer"]),
        ("Digest x", True, ["Basic", "Bearer"]),
    ],
)
async def test_refusal_says_how_one_may_sign_in(
    sign_in: SignIn, header: str, tokens: bool, challenges: list[str]
) -> None:
    with pytest.raises(HTTPException) as error:
        await sign_in.caller(request(header=header or "none"), tokens=tokens)
    assert error.value.status_code == 401
    assert error.value.headers is not None
    said = error.value.headers["WWW-Authenticate"]
    assert [each for each in ("Basic", "Bearer") if each in said] == challenges


@pytest.mark.parametrize("changes", [{"enabled": False}, {"role": Role.SERVICE}])
async def test_token_of_an_account_that_may_not_call_is_refused_at_once(
    sign_in: SignIn, door: Door, changes: dict[str, object]
) -> None:
    assert await status(sign_in, bearer(), tokens=True) == (200, "")
    door.account = evolve(ACCOUNT, **changes)
    assert await status(sign_in, bearer(), tokens=True) == (403, "")
    door.account = None
    assert await status(sign_in, bearer(), tokens=True) == (401, "")


async def test_wrong_tokens_are_slowed_by_their_ids_and_address(
    sign_in: SignIn, door: Door, mock_clock: trio.testing.MockClock
) -> None:
    wrong = bearer("agentmgr_1a_wrong")
    for _ in range(3):
        assert await status(sign_in, wrong, tokens=True) == (401, "")
    assert await status(sign_in, wrong, tokens=True) == (429, "1")
    assert await status(sign_in, bearer(), tokens=True) == (429, "1")
    assert await status(sign_in, bearer(host="10.0.0.2"), tokens=True) == (200, "")
    assert door.looks == 4
    mock_clock.jump(1.0)
    assert await status(sign_in, bearer(), tokens=True) == (200, "")


async def test_address_that_tries_many_tokens_is_slowed_and_who_is_known_there_is_not(
    sign_in: SignIn, door: Door
) -> None:
    await status(sign_in, bearer(), tokens=True)
    found = [await status(sign_in, bearer(f"agentmgr_{n}_x"), tokens=True) for n in range(60)]
    assert found[:50] == [(401, "")] * 50
    assert {code for code, _ in found[50:]} == {429}
    assert await status(sign_in, bearer(), tokens=True) == (200, "")


async def test_tokens_that_cannot_be_read_are_asked_for_later(sign_in: SignIn, door: Door) -> None:
    door.fails = True
    assert await status(sign_in, bearer(), tokens=True) == (503, "1")


@pytest.mark.parametrize("tokens", [False, True])
@pytest.mark.parametrize(
    ("site", "method", "code"),
    [
        ("cross-site", "POST", 403),
        ("same-site", "DELETE", 403),
        ("same-origin", "POST", 200),
        ("none", "POST", 200),
        ("cross-site", "GET", 200),
    ],
)
async def test_page_of_somebody_else_changes_nothing_with_a_password_that_a_browser_keeps(
    sign_in: SignIn, tokens: bool, site: str, method: str, code: int
) -> None:
    assert await status(sign_in, request(method=method, site=site), tokens=tokens) == (code, "")
