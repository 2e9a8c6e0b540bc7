"""What the calls are measured against: the least that a Flask view can be.

/constant answers JSON that never changes. /script/<name> makes one EVALSHA of as_long.lua, whose
length the measurement sets in the hash `name`, and answers with what the script returns; to a POST
it reads the JSON first, and the script writes the body.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, request

from dispatch.settings import Settings
from queues.connection import open_redis

SCRIPT = (Path(__file__).parent / "as_long.lua").read_text(encoding="utf-8")

app = Flask(__name__)
_url = Settings.from_process().redis_url
assert _url is not None
store: Any = open_redis(_url)
sha = store.script_load(SCRIPT)


@app.get("/constant")
def constant() -> dict[str, Any]:
    return {"jobs": []}


@app.get("/script/<name>")
def asked(name: str) -> dict[str, Any]:
    return {"answer": store.evalsha(sha, 1, name, "")}


@app.post("/script/<name>")
def told(name: str) -> dict[str, Any]:
    assert isinstance(request.get_json(), dict)
    return {"answer": store.evalsha(sha, 1, name, request.get_data(as_text=True))}
