"""What can be added from outside, each by one row or one file, and followed to the page."""
