"""The only doors to network and disk."""
