"""Test cases of the contract documents: variables, sender and complete response data."""
