"""The leak laboratory: what common mistakes are worth."""
