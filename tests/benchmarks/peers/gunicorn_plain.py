"""Gunicorn as it comes, but for the threads: without what gunicorn.conf.py does for speed."""

preload_app = True
threads = 4
