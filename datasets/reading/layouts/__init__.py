"""Layouts: how images, labels, splits and subjects are told by folders, names and lists."""
