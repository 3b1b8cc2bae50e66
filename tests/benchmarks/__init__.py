"""Benchmark of the server and comparable APIs: ``make bench``, RESULTS.md."""
