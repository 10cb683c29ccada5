"""Using a fitted model: on pictures, on a camera, and on a page of its own."""
