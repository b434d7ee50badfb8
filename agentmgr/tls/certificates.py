"""The certificates of ports: checked before they are used, and renewed while connections go on."""

import os
import ssl
import stat
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import structlog
from attrs import frozen
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from agentmgr.tls.settings import TlsSettings

log = structlog.get_logger()

SOON = timedelta(days=30)
"""A certificate that ends within this time is told of each day."""

URGENT = timedelta(days=7)

# TLS 1.2 with forward secrecy and authenticated encryption alone; all that 1.3 has is so.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


class BadCertificate(Exception):
    """Files cannot be served with; the text is one line for a person."""


@frozen
class Loaded:
    """What was made of a port's files."""

    context: ssl.SSLContext
    ends_at: datetime
    subject: str


def utc_now() -> datetime:
    """Return the present by the wall clock, which is what certificates go by."""
    return datetime.now(UTC)


class Certificate:
    """The certificate of one port.

    Args:
        where: the port, for people.
        settings: its files.
        now: the present.

    Raises:
        BadCertificate: it cannot be served with.
    """

    def __init__(self, where: str, settings: TlsSettings, now: Callable[[], datetime] = utc_now) -> None:
        self.where = where
        self._settings = settings
        self._now = now
        self._loaded = load(settings, now())
        self._told_on = ""

    @property
    def context(self) -> ssl.SSLContext:
        """What the next connection is encrypted with."""
        return self._loaded.context

    @property
    def ends_at(self) -> datetime:
        """When it ends."""
        return self._loaded.ends_at

    def reload(self) -> bool:
        """Read the files anew: open connections keep what they have, and bad files change nothing."""
        try:
            self._loaded = load(self._settings, self._now())
        except BadCertificate as error:
            ends_at = self.ends_at.isoformat()
            log.error("certificate_not_changed", port=self.where, why=str(error), old_one_ends_at=ends_at)
            return False
        self._told_on = ""
        log.info(
            "certificate_changed",
            port=self.where,
            subject=self._loaded.subject,
            ends_at=self.ends_at.isoformat(),
        )
        self.look()
        return True

    def look(self) -> None:
        """Tell that the certificate ends soon, or is over: once a day."""
        now = self._now()
        left = self.ends_at - now
        if left > SOON or self._told_on == (today := now.date().isoformat()):
            return
        self._told_on = today
        tell = log.error if left < URGENT else log.warning
        event = "certificate_ends_soon" if left > timedelta() else "certificate_is_over"
        tell(event, port=self.where, ends_at=self.ends_at.isoformat(), days_left=left.days)


def load(settings: TlsSettings, now: datetime) -> Loaded:
    """Make a context of a port's files, after a look whether clients can do with it.

    Raises:
        BadCertificate: a file cannot be read, the key does not fit, something is not valid now, or names
            nobody; the handshake with it fails.
    """
    chain = _chain(settings.certificate)
    for each in chain:
        _check_time(settings.certificate, each, now)
    for lower, upper in pairwise(chain):
        _check_issuer(settings.certificate, lower, upper)
    leaf = chain[0]
    try:
        leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        raise BadCertificate(
            f"{settings.certificate}: has no subjectAltName, so that no client can tell whose it is"
        ) from None
    context = _context(settings)
    _shake_hands(settings, context, leaf)
    if settings.client_ca:
        try:
            context.load_verify_locations(settings.client_ca)
        except (OSError, ssl.SSLError) as error:
            raise BadCertificate(f"{settings.client_ca}: {_told(error)}") from None
        context.verify_mode = ssl.CERT_REQUIRED
    return Loaded(context, min(each.not_valid_after_utc for each in chain), leaf.subject.rfc4514_string())


def open_certificates(ports: Mapping[str, TlsSettings]) -> dict[str, Certificate]:
    """Load the certificates of all ports that have one.

    Raises:
        BadCertificate: one cannot be served with; the text begins with its port.
    """
    found = {}
    for where, settings in ports.items():
        if settings.certificate:
            try:
                found[where] = Certificate(where, settings)
            except BadCertificate as error:
                raise BadCertificate(f"{where}: {error}") from None
            _look_at_mode(settings.key)
            found[where].look()
    return found


def _look_at_mode(key: str) -> None:
    mode = os.stat(key).st_mode
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        log.warning("key_open_to_all", file=key, mode=f"{stat.S_IMODE(mode):04o}", wanted="0600 or 0640")


def _chain(path: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(Path(path).read_bytes())
    except OSError as error:
        raise BadCertificate(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise BadCertificate(f"{path}: has no certificate in PEM") from None


def _check_time(path: str, certificate: x509.Certificate, now: datetime) -> None:
    subject = certificate.subject.rfc4514_string()
    if now < certificate.not_valid_before_utc:
        begins = certificate.not_valid_before_utc.isoformat()
        raise BadCertificate(f"{path}: {subject} is not valid before {begins}")
    if now > certificate.not_valid_after_utc:
        raise BadCertificate(f"{path}: {subject} is over since {certificate.not_valid_after_utc.isoformat()}")


def _check_issuer(path: str, lower: x509.Certificate, upper: x509.Certificate) -> None:
    try:
        lower.verify_directly_issued_by(upper)
    except (ValueError, TypeError, InvalidSignature):
        raise BadCertificate(
            f"{path}: {lower.subject.rfc4514_string()} is not signed by the certificate after it,"
            f" {upper.subject.rfc4514_string()}; give the server's own first, then its issuer, and so on"
        ) from None


def _context(settings: TlsSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    # else whoever closes its side of TCP alone could be sent nothing any more; frames tell what was cut off
    context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
    context.set_ciphers(_CIPHERS)
    context.num_tickets = 0  # a client that connects and says no more would have them unread
    try:
        # without this OpenSSL would ask a terminal for the password of a key
        context.load_cert_chain(settings.certificate, settings.key, password=_no_password)
    except _Encrypted:
        raise BadCertificate(f"{settings.key}: is encrypted; give a key without a password") from None
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            why = f"{settings.key}: is not the key of {settings.certificate}"
        else:
            why = f"{settings.key}: has no private key in PEM that can be used: {_told(error)}"
        raise BadCertificate(why) from None
    except OSError as error:
        raise BadCertificate(f"{settings.key}: cannot be read: {error.strerror}") from None
    return context


class _Encrypted(Exception):
    pass


def _no_password() -> str:
    raise _Encrypted


def _shake_hands(settings: TlsSettings, context: ssl.SSLContext, leaf: x509.Certificate) -> None:
    """Have a client in memory connect, and look whether it is shown the certificate that was read."""
    asks = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asks.check_hostname, asks.verify_mode = False, ssl.CERT_NONE
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = asks.wrap_bio(to_client, to_server)
    server = context.wrap_bio(to_server, to_client, server_side=True)
    waiting = [client, server, client, server]
    try:
        for side in waiting:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    except ssl.SSLError as error:
        raise BadCertificate(
            f"{settings.certificate}: no handshake with it succeeds: {_told(error)}"
        ) from None
    if client.getpeercert(binary_form=True) != leaf.public_bytes(Encoding.DER):
        raise BadCertificate(f"{settings.certificate}: was changed while it was read; try again")


def _told(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).replace("_", " ").lower()
    return error.strerror or str(error)
