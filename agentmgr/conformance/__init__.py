"""The contract as scenarios that any server, or any desktop, of the API can be run against."""
