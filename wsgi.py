"""What gunicorn serves: gunicorn wsgi:app."""

from app import create_app
from dispatch.settings import Settings
from workers.logs import set_up_logging

settings = Settings.from_process()
set_up_logging(settings.log_format)
app = create_app(settings)
