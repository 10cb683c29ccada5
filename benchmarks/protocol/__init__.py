"""The protocol: everything that is held equal between variants."""
