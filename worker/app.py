"""The worker's Celery app: `celery -A worker.app worker -Q worker`."""

from shared.logs import configure_logs
from shared.service import celery_app
from worker.handlers import handlers

configure_logs()
app = celery_app("worker", handlers)
