"""agentmgr compliance: report, new-key, sign, verify."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from agentmgr.cli.common import Config, Failed, Misused, group, perform, say
from agentmgr.cli.export import Format, Out, Raw, day, write, zone_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

app = group("compliance", "Records for whoever has to show that rules were kept: report, new-key, sign, ...")


@app.command
def report(
    *,
    campaign: Annotated[list[str] | None, Parameter(negative="")] = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    timezone: str = "UTC",
    format: Format = "csv",
    out: Out = None,
    key: Path | None = None,
    raw: Raw = False,
    config: Config = None,
) -> None:
    """Write for each campaign and day how many were dialled, answered and abandoned, counted from the
    attempts, with the abandon rate of the day and of the 30 days that end with it.

    Live answers and abandoned calls are those of predictive and progressive dialling, where nobody in
    particular was meant to take the call. within_limit holds the rate over 30 days against the limit that
    the campaign has now. again_within_72_h counts such calls to a number of a contact within 72 hours after
    one of that day was abandoned there; nuisance_retry_s of a campaign keeps it at 0.

    ```
    agentmgr compliance report --campaign Spring --timezone Europe/Berlin
    agentmgr compliance report --from 2026-03-01 --to 2026-03-31 --out march.csv --key compliance.pem
    ```

    Parameters
    ----------
    campaign
        A campaign; all of them without it. May be repeated.
    from_
        The first day, such as 2026-03-01; 30 days up to the last one without it.
    to
        The last day; today without it.
    timezone
        The zone whose days are meant: an IANA name.
    format
        csv with a header row, or json: one object a line.
    key
        Sign the file with this private key, made by agentmgr compliance new-key; the signature is written
        beside it, with .sig at the end of its name. Needs --out.
    """
    from agentmgr.admin.requests import ReportCompliance
    from agentmgr.admin.rows import COMPLIANCE_COLUMNS

    zone_of(timezone)
    if key is not None and out is None:
        raise Misused("--key: needs --out, the file that is signed")
    signing = _private(key) if key is not None else None
    request = ReportCompliance(
        campaigns=tuple(campaign or ()), first=day("--from", from_), last=day("--to", to), timezone=timezone
    )
    write(perform(config, request), COMPLIANCE_COLUMNS, format, raw, out)
    if signing is not None and out is not None:
        _signature_of(out).write_bytes(signing.sign(out.read_bytes()))


@app.command
def new_key(path: Path, /) -> None:
    """Make a key for signing: the private one, for its owner alone, and beside it the public one, .pub.

    ```
    agentmgr compliance new-key compliance.pem
    ```

    Parameters
    ----------
    path
        The private key's file; what is there already stays.
    """
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    for file, content, mode in ((path, private, 0o600), (path.with_name(f"{path.name}.pub"), public, 0o644)):
        try:
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as opened:
                opened.write(content)
        except OSError as error:
            raise Failed(f"{file}: cannot be written: {error.strerror}") from None
        say(f"{file}: made")


@app.command
def sign(report: Path, /, *, key: Path) -> None:
    """Sign a report that is there, such as one that REST gave: the signature is written beside it.

    ```
    agentmgr compliance sign march.csv --key compliance.pem
    ```

    Parameters
    ----------
    report
        The file.
    key
        The private key, made by agentmgr compliance new-key.
    """
    signature = _signature_of(report)
    try:
        signature.write_bytes(_private(key).sign(_read(report)))
    except OSError as error:
        raise Failed(f"{signature}: cannot be written: {error.strerror}") from None
    say(f"{signature}: made")


@app.command
def verify(report: Path, /, *, key: Path) -> None:
    """Say whether a report is as it was signed. OpenSSL can say the same:
    openssl pkeyutl -verify -pubin -inkey KEY -rawin -in REPORT -sigfile REPORT.sig

    ```
    agentmgr compliance verify march.csv --key compliance.pem.pub
    ```

    Parameters
    ----------
    report
        The file; its signature is beside it, with .sig at the end of its name.
    key
        The public key of whoever signed it.
    """
    from cryptography.exceptions import InvalidSignature

    public, content, signature = _public(key), _read(report), _read(_signature_of(report))
    try:
        public.verify(signature, content)
    except InvalidSignature:
        raise Failed(f"{report}: is not what was signed, or somebody else's key signed it") from None
    say(f"{report}: is as it was signed")


def _signature_of(report: Path) -> Path:
    return report.with_name(f"{report.name}.sig")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failed(f"{path}: cannot be read: {error.strerror}") from None


def _private(path: Path) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(_read(path), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Failed(f"{path}: is no private Ed25519 key in PEM; agentmgr compliance new-key makes one")
    return key


def _public(path: Path) -> "Ed25519PublicKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_read(path))
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Failed(f"{path}: is no public Ed25519 key in PEM; agentmgr compliance new-key makes one")
    return key
