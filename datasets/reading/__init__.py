"""Reading: trees of files, images, labels and layouts."""
