# The image for hosting it yourself, described in docs/self-hosting.md: the same commands as anywhere else.
# To pin the base by digest too: --build-arg BASE=python:TAG@sha256:DIGEST (docs/self-hosting.md says where that is from).
ARG BASE=python:3.13.11-slim-bookworm
FROM ${BASE}

# Debian keeps only the newest build of a package, so a version named here would soon not be found.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 optimizer \
    && mkdir --mode=1777 /var/cache/tenpercent

# What is pinned changes less often than the code, so it is a layer of its own.
COPY requirements.txt /opt/tenpercent/
RUN python -m venv /opt/tenpercent/venv \
    && /opt/tenpercent/venv/bin/pip install --no-cache-dir --require-hashes \
        --requirement /opt/tenpercent/requirements.txt
COPY LICENSE README.md pyproject.toml /opt/tenpercent/source/
COPY optimizer /opt/tenpercent/source/optimizer
COPY transforms /opt/tenpercent/source/transforms
RUN /opt/tenpercent/venv/bin/pip install --no-cache-dir --no-index --no-build-isolation --no-deps \
        /opt/tenpercent/source \
    && ln -s /opt/tenpercent/venv/bin/optimize /usr/local/bin/optimize \
    && install --directory --owner=optimizer /opt/project /project

# The project's own environment, active, so that `pip` and `optimize` mean this one.
USER 1000
RUN python -m venv /opt/project
ENV VIRTUAL_ENV=/opt/project \
    PATH=/opt/project/bin:$PATH \
    XDG_CACHE_HOME=/var/cache/tenpercent
WORKDIR /project
ENTRYPOINT ["optimize"]
