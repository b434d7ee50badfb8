"""The page to try the resources: complete, from here alone, and as its makers have it."""

import gzip
import re
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.types import Message

from agentmgr.web.trying import PAGE, TYPES, trying_routes

ROOT = Path(__file__).parents[2]


async def get(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    app, sent = Starlette(routes=trying_routes()), list[Message]()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
    }
    await app(scope, receive, send)
    start, body = sent
    return start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, body["body"]


def path_of(name: str) -> str:
    return PAGE if name == "index.html" else f"{PAGE}/{name}"


@pytest.mark.parametrize("name", TYPES)
async def test_file_is_given_as_it_is_and_packed_with_a_policy_that_lets_nothing_else_in(name: str) -> None:
    whole = (files("agentmgr.web") / "swagger" / name).read_bytes()
    status, headers, body = await get(path_of(name))
    assert (status, body, headers["content-type"]) == (200, whole, TYPES[name])
    policy = headers["content-security-policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert not re.search(r"https?:|\*|unsafe", headers["content-security-policy"])
    status, packed, body = await get(path_of(name), accept_encoding="gzip, br")
    assert (status, gzip.decompress(body), packed["content-encoding"]) == (200, whole, "gzip")
    status, _, body = await get(path_of(name), if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


async def test_page_asks_for_files_of_this_server_alone_and_all_are_there() -> None:
    _, _, page = await get(PAGE)
    asked = re.findall(r'(?:src|href)="([^"]*)"', page.decode())
    assert len(asked) == 4
    for address in asked:
        if address != "data:,":
            assert (await get(f"{PAGE.rpartition('/')[0]}/{address}"))[0] == 200, address
    _, _, start = await get(f"{PAGE}/start.js")
    assert b"://" not in start
    assert b"validatorUrl: null" in start
    assert b"<script>" not in page


async def test_nothing_else_of_the_package_is_given() -> None:
    for name in ("index.html", "../trying.py", "swagger-ui-bundle.js.map", ""):
        assert (await get(f"{PAGE}/{name}"))[0] in (307, 404)


@pytest.mark.slow
def test_files_of_others_are_as_the_lock_file_says() -> None:
    subprocess.run([ROOT / "scripts" / "vendor", "--check"], check=True, timeout=120)
