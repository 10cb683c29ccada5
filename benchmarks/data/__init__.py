"""What a run stands on: prepared data, corruptions, and mistakes made on purpose."""
