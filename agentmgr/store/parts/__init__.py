"""What the store does, by what it is about; each part over one database."""
