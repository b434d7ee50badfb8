"""Certificates for development: an authority that is used once, and what it signs."""

import ipaddress
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agentmgr.tls.certificates import utc_now

LEEWAY = timedelta(minutes=5)
"""So long before now they begin, for clocks that are behind."""


def make(directory: Path, names: Sequence[str], client: str = "", days: int = 90) -> list[Path]:
    """Write `ca.pem`, `server.pem` and `server.key`, and for a client `client.pem` and `client.key`.

    Args:
        directory: made if it is not there.
        names: host names and addresses of the server, at least one.
        client: the name of a client; empty makes none.
        days: how long they are valid, 1 and up.

    Raises:
        OSError: a file cannot be written.
        ValueError: a name cannot be in a certificate.
    """
    authority = _Authority(timedelta(days=days))
    files = {"ca.pem": authority.certificate.public_bytes(Encoding.PEM)}
    issued = {"server": (ExtendedKeyUsageOID.SERVER_AUTH, tuple(names))}
    if client:
        issued["client"] = (ExtendedKeyUsageOID.CLIENT_AUTH, (client,))
    for name, (usage, names_of_it) in issued.items():
        certificate, key = authority.issue(names_of_it, usage)
        files[f"{name}.pem"] = certificate.public_bytes(Encoding.PEM)
        files[f"{name}.key"] = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    directory.mkdir(parents=True, exist_ok=True)
    return [_write(directory / name, content) for name, content in files.items()]


class _Authority:
    def __init__(self, lasts: timedelta) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._begins = utc_now() - LEEWAY
        self._ends = self._begins + LEEWAY + lasts
        self._name = _named("agentmgr development authority")
        self.certificate = (
            self._builder(self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def issue(
        self, names: Sequence[str], usage: x509.ObjectIdentifier
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        """Sign a certificate for names and addresses, and return it with its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        of_authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            self._builder(_named(names[0]), key)
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(of_authority, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return certificate, key

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._begins)
            .not_valid_after(self._ends)
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes) -> Path:
    """Write a file that its owner alone may read if it is a key; there is no moment when others could."""
    path.unlink(missing_ok=True)
    mode = 0o600 if path.suffix == ".key" else 0o644
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    return path
