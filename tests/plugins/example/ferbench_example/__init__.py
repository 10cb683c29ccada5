"""An example of a package that ferbench finds by its entry points."""
