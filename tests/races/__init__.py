"""Races between real processes, on every available database.

``python -m tests.races`` runs them all and prints the table of docs/testing.md. Each database gets
its own process (``tests.races.run``), which forks the clients.
"""
