from ui_states import crowded, failed, running, started_workers  # noqa: F401
