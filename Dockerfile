# svarsgrad in a container: `docker build -t registry.example.org/svarsgrad:0.1.0 .`
#
# The base is Debian 13, slim, by its digest of August 2026, as docker-library/repo-info has it.
# What Debian has mended since is fetched by `apt-get upgrade`: build again when it says so, and
# take a newer digest now and then (`docker buildx imagetools inspect debian:trixie-slim`).
ARG BASE=docker.io/library/debian:trixie-slim@sha256:3a39a0592364683e6bab97937b72cad5a8fa6dcbbee90edb3bb48c7f8e94f258

# Everything that builds, and nothing of it in what runs.
FROM ${BASE} AS build
RUN apt-get update \
    && apt-get upgrade --yes \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY requirements.txt requirements-build.txt ./
RUN python3 -m venv /build \
    && /build/bin/pip install --no-cache-dir --require-hashes -r requirements-build.txt \
    && python3 -m venv --without-pip /opt/svarsgrad \
    && /build/bin/pip --python /opt/svarsgrad/bin/python install --no-cache-dir \
        --require-hashes --only-binary :all: -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY streams streams
COPY producers producers
COPY dashboards dashboards
COPY alerts alerts
COPY reports reports
COPY doctor doctor
COPY stack stack
RUN /build/bin/pip wheel --no-cache-dir --no-deps --no-index --no-build-isolation \
        --wheel-dir /wheel . \
    && /build/bin/pip --python /opt/svarsgrad/bin/python install --no-cache-dir --no-deps \
        --no-index /wheel/*.whl

FROM ${BASE}
ARG REVISION=unknown
LABEL org.opencontainers.image.title="svarsgrad" \
      org.opencontainers.image.description="Live service levels for Swedish municipalities" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="EUPL-1.2" \
      org.opencontainers.image.base.name="docker.io/library/debian:trixie-slim"
# Pango and letters are for reports as PDF; certificates for mail servers and databases. No program
# may run as another user than who starts it.
RUN apt-get update \
    && apt-get upgrade --yes \
    && apt-get install --yes --no-install-recommends ca-certificates fonts-liberation \
        libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 python3 \
    && rm -rf /var/lib/apt/lists/* /var/log/* \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
    && groupadd --gid 10001 svarsgrad \
    && useradd --uid 10001 --gid 10001 --home-dir /tmp --no-create-home \
        --shell /usr/sbin/nologin svarsgrad \
    && install -d -o 10001 -g 10001 -m 0750 /var/lib/svarsgrad
COPY --from=build /opt/svarsgrad /opt/svarsgrad
COPY LICENSE docs/sbom.cdx.json /usr/share/doc/svarsgrad/
ENV PATH=/opt/svarsgrad/bin:/usr/bin:/bin \
    HOME=/tmp \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /var/lib/svarsgrad
USER 10001:10001
ENTRYPOINT ["/opt/svarsgrad/bin/svarsgrad"]
CMD ["--help"]
