"""The router's Celery app: `celery -A router.app worker -Q router`."""

from router.handlers import handlers
from shared.logs import configure_logs
from shared.service import celery_app

configure_logs()
app = celery_app("router", handlers)
