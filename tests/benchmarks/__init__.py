"""How fast we answer beside what else one could have built; ``make bench``, RESULTS.md."""
