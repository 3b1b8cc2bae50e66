"""Attacks that are measured in time, bytes or numbers, against live servers: ``make attack``."""
