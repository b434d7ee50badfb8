"""TLS: where it must be, the certificates of the ports, and those for development."""
