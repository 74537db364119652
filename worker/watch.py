"""The worker's watch: `python -m worker.watch`."""

from shared.cities.load import load_city
from shared.database import engine
from shared.service import watch
from shared.settings import settings
from worker.handlers import handlers
from worker.tidying import Tidying

if __name__ == "__main__":
    Tidying(engine(), load_city(settings().city).zone).arm()
    watch(handlers())
