"""Tests of training: the stream, the loop, and the engines held to each other."""
