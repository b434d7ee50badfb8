"""The files of pages: complete, from here alone, and those of others as their makers have them."""

import gzip
import re
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest
from page import get
from starlette.applications import Starlette

from agentmgr.web.desktops import DESKTOP
from agentmgr.web.files import Site
from agentmgr.web.trying import PAGE, TRYING

ROOT = Path(__file__).parents[2]


APP = Starlette(routes=[*TRYING.routes(), *DESKTOP.routes()])
EVERY = [(site, name) for site in (TRYING, DESKTOP) for name in site.names]


@pytest.mark.parametrize(("site", "name"), EVERY, ids=lambda each: each if isinstance(each, str) else "")
async def test_file_is_given_as_it_is_and_packed_with_a_policy_that_lets_no_code_of_others_in(
    site: Site, name: str
) -> None:
    path, whole = site.path_of(name), (files("agentmgr.web") / site.directory / name).read_bytes()
    status, headers, body = await get(APP, path)
    assert (status, body) == (200, whole)
    policy = headers["content-security-policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    others = [each for each in policy if not each.startswith("frame-src ")]
    assert not re.search(r"https?:|\*|unsafe", "; ".join(others))
    status, packed, body = await get(APP, path, accept_encoding="gzip, br")
    assert (status, gzip.decompress(body), packed["content-encoding"]) == (200, whole, "gzip")
    assert packed["content-type"] == headers["content-type"]
    status, _, body = await get(APP, path, if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


@pytest.mark.parametrize("site", [TRYING, DESKTOP], ids=["try", "desktop"])
async def test_page_is_html_and_its_code_is_a_script(site: Site) -> None:
    types = {name: (await get(APP, site.path_of(name)))[1]["content-type"] for name in site.names}
    assert types["index.html"] == "text/html; charset=utf-8"
    assert {types[name] for name in types if name.endswith(".js")} == {"text/javascript; charset=utf-8"}
    assert {types[name] for name in types if name.endswith(".css")} == {"text/css; charset=utf-8"}


@pytest.mark.parametrize(("site", "count"), [(TRYING, 4), (DESKTOP, 3)], ids=["try", "desktop"])
async def test_page_asks_for_files_of_this_server_alone_and_all_are_there(site: Site, count: int) -> None:
    _, _, page = await get(APP, site.path)
    asked = re.findall(r'(?:src|href)="([^"]*)"', page.decode())
    assert len(asked) == count
    for address in asked:
        if address != "data:,":
            assert (await get(APP, f"{site.path.rpartition('/')[0]}/{address}"))[0] == 200, address
    assert b"<script>" not in page


async def test_page_to_try_asks_nobody_else_for_a_check() -> None:
    _, _, start = await get(APP, f"{PAGE}/start.js")
    assert b"://" not in start
    assert b"validatorUrl: null" in start


async def test_nothing_else_of_the_package_is_given() -> None:
    for name in ("index.html", "../trying.py", "swagger-ui-bundle.js.map", ""):
        assert (await get(APP, f"{PAGE}/{name}"))[0] in (307, 404)


@pytest.mark.slow
def test_files_of_others_are_as_the_lock_file_says() -> None:
    subprocess.run([ROOT / "scripts" / "vendor", "--check"], check=True, timeout=120)
