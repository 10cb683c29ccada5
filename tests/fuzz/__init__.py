"""Random trees of images, and the laws that hold for all of them."""
