"""What is answered: one file a noun, its filter and order directly above it."""
