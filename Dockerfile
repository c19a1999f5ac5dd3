# The workflow with all packages of requirements.lock; docs/how-to/containers.md says how to use it.
#   docker build -t cervix .                        with a GPU build of PyTorch, which also runs without a GPU
#   docker build -t cervix --build-arg TORCH=cpu .  smaller, without
FROM python:3.11.14-slim-bookworm

ARG TORCH=default
# Whoever runs it need not be known in the image: caches go where everybody may write.
ENV TORCH=${TORCH} HOME=/tmp PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1

SHELL ["/bin/bash", "-eu", "-o", "pipefail", "-c"]
# Debian keeps only the newest version of a package, so that a pin would break the build.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends git make \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/cervix
# Alone, so that a change of the code installs nothing again.
COPY requirements.lock Makefile ./
RUN make ".venv/ready-${TORCH}"

COPY . .
# The licences of all that is in it go with an image that is passed on.
RUN make notices \
 && mkdir -p data logs results .work .snakemake \
 && chmod a+rwx . data logs results .work .snakemake
# Snakemake finds its console there.
ENV PATH=/opt/cervix/.venv/bin:${PATH}
ENV PYTHONPATH=/opt/cervix

CMD ["make", "demo"]
