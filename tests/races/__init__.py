"""Races between real processes, on every database that is at hand.

``python -m tests.races`` runs them all and prints the README's table. Each
database gets a process of its own (``tests.races.run``), which forks the clients.
"""
