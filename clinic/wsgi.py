import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

application = get_wsgi_application()

# Behind the set-up: models are needed to ask which keys the data was encrypted with.
from clinic import keys  # noqa: E402

keys.require_if_possible()
