"""Imports from data sources: fetched and read in a process of their own, stored batch by batch."""
