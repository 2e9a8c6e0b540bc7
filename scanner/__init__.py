"""What a scanner meets: /scanner."""
