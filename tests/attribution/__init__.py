"""Where networks look."""
