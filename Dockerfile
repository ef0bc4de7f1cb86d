# The image of compose.yaml. Not built by this project's tests: no container engine is at hand there; they read it.
# It runs as a user without rights, and with a read-only root: only /home/aggregator and /tmp are written to.
#
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -v aggregator:/home/aggregator -p 127.0.0.1:8787:8787 aggregator run --host 0.0.0.0
FROM python:3.11-slim AS built
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY aggregator ./aggregator
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /opt/aggregator
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY config ./config
RUN --mount=from=built,source=/wheels,target=/wheels pip install --no-cache-dir --no-deps /wheels/*.whl \
 && useradd --create-home --uid 10001 --shell /usr/sbin/nologin aggregator
USER 10001:10001
WORKDIR /home/aggregator
VOLUME /home/aggregator
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8787/healthz', timeout=5)"]
ENTRYPOINT ["aggregator"]
