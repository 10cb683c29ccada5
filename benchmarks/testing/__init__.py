"""Contract tests that anybody's suite can subclass; the only room that needs pytest."""

import pytest

pytest.register_assert_rewrite(
    f"{__name__}.models", f"{__name__}.data_sets", f"{__name__}.engines", f"{__name__}.executors"
)
