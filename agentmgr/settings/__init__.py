"""What can be configured, and the file that does it."""
