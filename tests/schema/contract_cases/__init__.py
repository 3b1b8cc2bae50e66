"""The contract's documents, each with what is sent and the whole answer that comes back."""
