# The image of compose.yaml. Not built by this project's tests: no container engine is at hand there.
FROM python:3.11-slim

WORKDIR /opt/aggregator
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY config ./config
COPY aggregator ./aggregator
RUN pip install --no-cache-dir --no-deps . && useradd --create-home aggregator
USER aggregator
WORKDIR /home/aggregator
EXPOSE 8787
ENTRYPOINT ["aggregator"]
