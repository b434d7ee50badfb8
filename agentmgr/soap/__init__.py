"""SOAP 1.1 over the table of operations, without I/O: what is read, what is written, how it is described."""
