# Airflow with the DAGs in it, for the official Helm chart: scheduler, triggerer, DAG processor and API server.
#   docker build .        (`make images` does it)

# Any image with Python 3.11 and Debian's apt will do.
ARG BASE_IMAGE=python:3.11.17-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/build.txt /build/
RUN python3 -m pip install --require-hashes --only-binary :all: --target /build/tools --requirement /build/build.txt

# Without pip in it: nothing is installed when a pod runs. Of pyspark-client there is no wheel: it is plain Python.
RUN python3 -m venv --without-pip /opt/venv
COPY requirements.txt /build/
RUN PYTHONPATH=/build/tools python3 -m pip --python /opt/venv/bin/python install \
        --require-hashes --only-binary :all: --no-binary pyspark-client --use-pep517 --no-build-isolation \
        --requirement /build/requirements.txt

# The project is installed where it lies, so that it finds its mappings, DAGs and SQL as in a checkout.
WORKDIR /opt/mlb
COPY LICENSE NOTICE pyproject.toml ./
RUN PYTHONPATH=/build/tools python3 -m pip --python /opt/venv/bin/python install \
        --no-deps --no-build-isolation --editable .
COPY airflow.cfg ./
COPY include include
COPY plugins plugins
COPY sql sql
COPY spark_jobs spark_jobs
COPY dags dags
# Compiled here, since a pod's file system is read-only; readable by all, whatever the umask of the checkout was.
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash include dags plugins \
 && chmod -R a+rX .

FROM ${BASE_IMAGE}
# git fetches the DAGs where they are not the image's own (chart_values/airflow/values.git.yaml). tini: the first process of
# a pod that runs for months takes in the orphans of its tasks.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git tini \
 && rm -rf /var/lib/apt/lists/*
# User, group and folders are those of the official image, which the chart takes for granted; so is /entrypoint, by
# which its probes run a program.
RUN useradd --uid 50000 --gid 0 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin airflow \
 && install --directory --owner airflow --group 0 --mode 0775 /opt/airflow /opt/airflow/logs \
 && ln -s /usr/bin/env /entrypoint
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/mlb /opt/mlb
ENV PATH=/opt/venv/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    AIRFLOW_HOME=/opt/airflow AIRFLOW_CONFIG=/opt/mlb/airflow.cfg \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/mlb/dags AIRFLOW__CORE__PLUGINS_FOLDER=/opt/mlb/plugins
WORKDIR /opt/airflow
USER 50000:0
ENTRYPOINT ["tini", "--"]
CMD ["airflow", "version"]

# Last, so that a new commit does not build the rest again.
ARG VERSION=unknown
ARG REVISION=
# Of which the DAGs that run with this image have to be, where they do not come with it.
ENV MLB_COMMIT=${REVISION}
LABEL org.opencontainers.image.title="mlb-data-platform airflow" \
      org.opencontainers.image.description="Apache Airflow with the platform's DAGs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
