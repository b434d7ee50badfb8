"""The operations as resources under one path: JSON, problems by the standard, and their description."""
