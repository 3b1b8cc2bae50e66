"""What mutations are told."""
