"""What gunicorn serves: gunicorn wsgi:app."""

from app import create_app
from dispatch.settings import Settings

app = create_app(Settings.from_process())
