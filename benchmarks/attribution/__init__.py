"""Attribution: where in an image a network finds what it answers; one file for each engine."""
