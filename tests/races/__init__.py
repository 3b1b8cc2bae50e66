"""Races between real processes, on every database that is at hand.

``python -m tests.races`` runs them all and prints the table of docs/testing.md. Each
database gets a process of its own (``tests.races.run``), which forks the clients.
"""
