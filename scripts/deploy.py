"""`make deploy ENV=dev|prod` and `make undeploy`: the platform on the cluster that kubectl points at.

Every step may be run again: manifests are applied, charts upgraded, the passwords of dev made once and kept.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy_secrets import PASSWORDS, manifests, new_passwords
from ruamel.yaml import YAML

from mlb_data_platform.orchestration.commit import commit_of

PROJECT = Path(__file__).resolve().parents[1]
VALUES = PROJECT / "chart_values"
MANIFESTS = VALUES / "manifests"
IMAGES = ("MLB_IMAGE_INGEST", "MLB_IMAGE_SPARK", "MLB_IMAGE_AIRFLOW")
NAMESPACES = ("mlb", "airflow", "mlb-data")
# An image may have to be pulled to a node that has to be started first.
PATIENCE = "15m"
_SHOWN_LINES = 15

Chart = dict[str, Any]


def main() -> None:
    """Deploy or undeploy; exits with 2 where something is missing before it starts, with 1 when a step fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["deploy", "undeploy"])
    parser.add_argument("environment", choices=["dev", "prod"], metavar="ENV", help="dev or prod")
    arguments = parser.parse_args()
    for program in ("kubectl", "helm"):
        if shutil.which(program) is None:
            _refuse(f"`{program}` is not on the PATH; install it and run this again")
    charts = _charts(arguments.environment)
    context = run("", ["kubectl", "config", "current-context"]).strip()
    if arguments.action == "deploy":
        missing = [name for name in IMAGES if not os.environ.get(name)]
        if missing:
            _refuse(f"{', '.join(missing)}: not set; build and name them with `make images`")
        refuse_images_of_several_commits(arguments.environment)
        print(f"deploying {arguments.environment} to '{context}': {_names(charts)}", flush=True)
        deploy(arguments.environment, charts)
    else:
        print(f"removing {arguments.environment} from '{context}'", flush=True)
        undeploy(charts)


def deploy(environment: str, charts: dict[str, list[Chart]]) -> None:
    """Bring the cluster to what this folder says."""
    # The charts of the operators put Roles into namespace mlb, so that comes first.
    apply("namespaces and accounts", ["-k", str(MANIFESTS / "base")])
    for chart in charts["operators"]:
        install(chart, environment)
    if environment == "dev":
        apply_secrets()
    apply("settings and PostgreSQL", ["-k", str(MANIFESTS / environment)])
    wait_for_data(environment)
    migrate()
    for chart in charts["services"]:
        install(chart, environment)
    print(
        "the UI: kubectl --namespace airflow port-forward service/airflow-api-server 8080, then http://localhost:8080\n"
        "its user is `admin`, the password: kubectl --namespace airflow get secret airflow-keys "
        "--output 'go-template={{index .data \"passwords.json\" | base64decode}}'",
        flush=True,
    )


def refuse_images_of_several_commits(environment: str) -> None:
    """Exit with 2 where the tasks would refuse to begin: the images are not of one commit.

    Those of what is not committed fit any, but where Airflow is to fetch the DAGs of its image's commit.
    """
    values = [YAML(typ="safe").load(file) or {} for file in value_files("airflow", environment)]
    bundles = [bundle for each in values for bundle in each.get("dagProcessor", {}).get("dagBundleConfigList", [])]
    from_git = any(bundle["classpath"].endswith(".GitDagBundle") for bundle in bundles)
    commits = {name: commit_of(os.environ[name]) for name in IMAGES}
    of = ", ".join(f"{name} is of {commit or 'none'}" for name, commit in commits.items())
    if from_git and (None in commits.values() or len(set(commits.values())) > 1):
        _refuse(
            f"DAGs come from Git, where only one commit's fit all images: {of}. Commit and push what they are made of,"
            " then `make images`, and this again; or take the bundle out of the values of Airflow: its image has DAGs"
        )
    if len({commit for commit in commits.values() if commit}) > 1:
        _refuse(f"the images are of several commits: {of}. `make images` names those of this one; then this again")


def undeploy(charts: dict[str, list[Chart]]) -> None:
    """Remove what runs; data, and what is needed to read it again, stays."""
    releases = [*charts["operators"], *charts["services"]]
    for chart in reversed(releases):
        if not chart.get("keep"):
            name = chart["release"]
            where = ["--namespace", chart["namespace"]]
            if name == "spark-operator":
                delete_applications()
            run(name, ["helm", "uninstall", name, *where, "--ignore-not-found", "--wait"])
    run("pods of tasks", ["kubectl", "delete", "jobs,pods", "--all", "--namespace", "mlb"])
    kept = [chart for chart in releases if chart.get("keep")]
    print(
        "kept: PostgreSQL with its operator, volumes, the Secrets of dev, namespaces, custom resource definitions;\n"
        "`make deploy` finds them again. To remove these too, with all data:\n"
        f"  kubectl delete namespace {' '.join(NAMESPACES)}"
    )
    for chart in kept:
        print(f"  helm uninstall {chart['release']} --namespace {chart['namespace']}")
    print("  kubectl get crd   # then `kubectl delete crd NAME` for each that nothing else uses", flush=True)


def delete_applications() -> None:
    """Delete what Spark runs, while there is an operator to take it down."""
    kind = "sparkapplications.sparkoperator.k8s.io"
    if run("", ["kubectl", "get", "crd", kind, "--ignore-not-found", "--output", "name"]):
        run("Spark applications", ["kubectl", "delete", kind, "--all", "--namespace", "mlb"])


def install(chart: Chart, environment: str) -> None:
    """Install or upgrade one chart and wait until all of it is ready."""
    name = chart["release"]
    source = ["--repo", chart["repository"], "--version", chart["version"], name]
    if local := os.environ.get("MLB_CHARTS"):  # a folder of charts, where repositories are out of reach
        source = [str(Path(local) / name)]
    values = [word for file in value_files(name, environment) for word in ("--values", str(file))]
    if name == "airflow":
        values += [*_image_values(), *_settings_values()]
    where = ["--namespace", chart["namespace"], "--create-namespace"]
    run(name, ["helm", "upgrade", "--install", name, *source, *where, *values, "--wait", "--timeout", PATIENCE])


def value_files(chart: str, environment: str) -> list[Path]:
    """Return the files of values that a chart has, in which a later one wins."""
    files = [VALUES / chart / "values.yaml", VALUES / chart / f"values.{environment}.yaml"]
    return [file for file in files if file.exists()]


def _image_values() -> list[str]:
    """The images, which change with every build and so stand in no file. As strings: a tag may be all digits."""
    repository, _, tag = os.environ["MLB_IMAGE_AIRFLOW"].rpartition(":")
    jobs = [{"name": name, "value": os.environ[name]} for name in IMAGES if name != "MLB_IMAGE_AIRFLOW"]
    return [
        "--set-string", f"images.airflow.repository={repository}",
        "--set-string", f"images.airflow.tag={tag}",
        "--set-json", f"env={json.dumps(jobs)}",
    ]  # fmt: skip


def _settings_values() -> list[str]:
    """What makes the API server begin anew where a setting has changed: a program reads its environment once."""
    get = ["kubectl", "get", "configmap", "mlb-settings", "--namespace", "airflow"]
    version = run("", [*get, "--output", "jsonpath={.metadata.resourceVersion}"])
    return ["--set-string", f"apiServer.podAnnotations.mlb-settings={version}"]


def apply_secrets() -> None:
    """Make dev's Secrets from passwords that are made up once and then kept in the cluster."""
    get = ["kubectl", "get", "secret", PASSWORDS, "--namespace", "mlb-data", "--ignore-not-found", "--output", "json"]
    found = run("", get)
    passwords = new_passwords(json.loads(found) if found.strip() else {})
    apply("secrets", ["--filename", "-"], stdin=json.dumps(manifests(passwords)))


def wait_for_data(environment: str) -> None:
    """Return when PostgreSQL, Airflow's database in it and, in prod, every Secret from outside are there."""
    wait = ["kubectl", "wait", f"--timeout={PATIENCE}", "--for"]
    if environment == "prod":
        for namespace in NAMESPACES:
            argv = [*wait, "condition=Ready", "externalsecrets", "--all", "--namespace", namespace]
            run(f"secrets of {namespace}", argv)
    data = ["--namespace", "mlb-data"]
    run("PostgreSQL", [*wait, "condition=Ready", "clusters.postgresql.cnpg.io/postgres", *data])
    run("Airflow's database", [*wait, "jsonpath={.status.applied}=true", "databases.postgresql.cnpg.io/airflow", *data])


def migrate() -> None:
    """Run `mlb-etl db migrate` as a Job, and show its log when it fails."""
    job = YAML(typ="safe").load(MANIFESTS / "migrate.yaml")
    job["spec"]["template"]["spec"]["containers"][0]["image"] = os.environ["MLB_IMAGE_INGEST"]
    where = ["job/mlb-migrate", "--namespace", "mlb"]
    run("", ["kubectl", "delete", *where, "--ignore-not-found"])  # a Job cannot be changed
    started = time.monotonic()
    apply("", ["--filename", "-"], stdin=json.dumps(job))
    while "Complete" not in (ended := _conditions(run("", ["kubectl", "get", *where, "--output", "json"]))):
        if "Failed" in ended:
            print(f"error: db migrate failed: {ended['Failed']}", file=sys.stderr)
            sys.exit(run("", ["kubectl", "logs", *where, "--tail", str(_SHOWN_LINES)]))
        time.sleep(1)
    _report("db migrate", started)


def _conditions(job: str) -> dict[str, str]:
    """What is true of a Job, and why."""
    conditions = json.loads(job).get("status", {}).get("conditions", [])
    return {found["type"]: found.get("message", "") for found in conditions if found["status"] == "True"}


def apply(step: str, source: Sequence[str], stdin: str = "") -> None:
    """Apply manifests. Server-side: no copy of a Secret in an annotation, and what this folder says wins."""
    run(step, ["kubectl", "apply", "--server-side", "--force-conflicts", *source], stdin)


def run(step: str, argv: Sequence[str], stdin: str = "") -> str:
    """Run a program and return what it prints; when it fails, show the end of that and exit with 1."""
    started = time.monotonic()
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-_SHOWN_LINES:])
        sys.exit(f"{tail}\nerror: {step or ' '.join(argv[:3])} failed: {' '.join(argv)}")
    if step:
        _report(step, started)
    return done.stdout


def _report(step: str, started: float) -> None:
    print(f"{step:<28} {time.monotonic() - started:6.1f} s", flush=True)


def _charts(environment: str) -> dict[str, list[Chart]]:
    both = YAML(typ="safe").load(VALUES / "charts.yaml")
    return {name: [chart for chart in part if environment in chart["environments"]] for name, part in both.items()}


def _names(charts: dict[str, list[Chart]]) -> str:
    return ", ".join(f"{chart['release']} {chart['version']}" for part in charts.values() for chart in part)


def _refuse(reason: str) -> None:
    print(f"error: {reason}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
