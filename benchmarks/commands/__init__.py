"""The commands: one file for each subject, parsed by typer; a command calls, and prints."""
