"""TLS of a client: whose certificates it trusts, what name it expects, and what it shows."""

import ssl
from pathlib import Path

from attrs import frozen


@frozen
class Tls:
    """How a connection to an Agent Manager is encrypted, for `connect`. The server's name is always checked.

    Attributes:
        ca_file: PEM file with the authorities that are trusted; None takes those of the machine.
        server_name: the name that every server's certificate must have; empty takes the host of the address.
            Give it where the directory has numeric addresses that no certificate has.
        certificate: PEM file with the client's own certificate, for a server that asks for one.
        key: PEM file with the key of that.
    """

    ca_file: str | Path | None = None
    server_name: str = ""
    certificate: str | Path | None = None
    key: str | Path | None = None

    def context(self) -> ssl.SSLContext:
        """Make what connections are encrypted with.

        Raises:
            ValueError: a file cannot be used; the text says which, and why.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise ValueError(
                f"{self.ca_file}: no certificates can be read from it: {_plain(error)}"
            ) from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate is not None:
            try:
                context.load_cert_chain(self.certificate, self.key)
            except OSError as error:
                files = f"{self.certificate} with key {self.key}"
                raise ValueError(f"{files}: cannot be used: {_plain(error)}") from None
        return context


def why_of(error: BaseException) -> str | None:
    """Return why TLS failed, for a person; None if the error is not one of TLS."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
            return "the server does not speak TLS at this port"
        return f"TLS failed: {_plain(error)}"
    return None


def _plain(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).replace("_", " ").lower()
    return error.strerror or str(error)
