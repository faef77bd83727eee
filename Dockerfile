# The service's image. The engine is compiled for the processor that builds it: build on the machine that will run it.
FROM python:3.11-slim-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ make git && rm -rf /var/lib/apt/lists/*
ENV XDG_CACHE_HOME=/cache
WORKDIR /app
# Packages by hash and the engine first: a new version of our own files compiles nothing anew.
COPY pyproject.toml requirements.lock requirements-dev.lock requirements-engine.lock requirements-build.lock ./
COPY scripts scripts
RUN python -c "from scripts import setup; setup.install(dev=False)"
COPY bot bot
COPY channels channels
COPY models models
COPY skills skills
# The model of the settings and what the texts mean: the same set-up as `make run`.
ARG UJUMBE_MODEL=ujumbe-270m
ARG UJUMBE_EMBEDDER=e5-small
# Whose places are built in; those of other countries of the settings: `docker compose run --rm ujumbe places build`, into /data.
ARG UJUMBE_COUNTRY=KE
RUN python -m scripts.setup && .venv/bin/python -m bot skills learn
RUN mkdir -p /cache/ujumbe/models && rm -rf /cache/ujumbe/wheels \
    && .venv/bin/python -m compileall -q bot channels models skills && rm -rf scripts build

FROM python:3.11-slim-trixie
# The client of PostgreSQL 17: `ujumbe backup` calls pg_dump.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 libstdc++6 postgresql-client-17 && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 ujumbe && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /data --no-create-home ujumbe \
    && install -d -o ujumbe -g ujumbe /data /backups
# Of root, and read-only for the service: code, model and what was learnt are what was built.
COPY --from=build /cache /cache
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH XDG_CACHE_HOME=/cache UJUMBE_DATA_DIR=/data UJUMBE_HOST=0.0.0.0 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER ujumbe
VOLUME ["/data"]
EXPOSE 8080
# One box, everything inside. compose.yaml runs the parts as services of their own instead.
CMD ["python", "-m", "bot", "serve"]
