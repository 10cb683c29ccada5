"""The cache: decoded data sets, and the packs that workers open."""
