"""Keras, on TensorFlow, torch or JAX."""
