"""Gunicorn's defaults except for threads, without the optimizations of gunicorn.conf.py."""

preload_app = True
threads = 4
