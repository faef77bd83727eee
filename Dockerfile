# The service's image. The engine is compiled for the processor that builds it: build on the machine that will run it.
FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ make git && rm -rf /var/lib/apt/lists/*
ENV XDG_CACHE_HOME=/cache
WORKDIR /app
COPY . .
# Packages by hash, the engine, the default model: the same set-up as `make run`.
RUN python -m scripts.setup

FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 libstdc++6 && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data ujumbe \
    && install -d -o ujumbe /data
COPY --from=build /app /app
COPY --from=build --chown=ujumbe /cache/ujumbe/models /cache/ujumbe/models
ENV PATH=/app/.venv/bin:$PATH XDG_CACHE_HOME=/cache UJUMBE_DATA_DIR=/data UJUMBE_HOST=0.0.0.0 PYTHONUNBUFFERED=1
WORKDIR /app
USER ujumbe
VOLUME ["/data", "/cache"]
EXPOSE 8080
# One box, everything inside. compose.yaml runs the parts as services of their own instead.
CMD ["python", "-m", "bot", "serve"]
