"""Exports on the wire."""

from __future__ import annotations

from flask import Response

from api.streams import streamed
from dispatch.exports import FORMS, Export

EXPORT_ANSWERS = {
    200: {
        "description": "A page of them as JSON, or with format the whole as a file.",
        "content": {
            form.content_type.partition(";")[0]: {"schema": {"type": "string"}}
            for form in FORMS.values()
        },
    }
}


def exported(export: Export) -> Response:
    """A file, sent as it is made; nothing of it before all rows are in order."""
    response = streamed(export.chunks, export.content_type)
    response.headers.set("Content-Disposition", "attachment", filename=export.file_name)
    return response
