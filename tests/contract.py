"""An answer of the API as the contract has it, for tests to begin with."""

COMMON = {
    "id": "abc",
    "name": "A name",
    "status": "complete",
    "type": "A_TYPE",
    "created_at": "2026-01-01T00:00:00Z",
    "enabled": True,
    "credits_charged": 5,
    "downloads": [],
    "error": None,
}
