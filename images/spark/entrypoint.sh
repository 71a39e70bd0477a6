#!/usr/bin/env bash
# How Spark on Kubernetes starts its pods: `driver ARGUMENT…` or `executor`, with the rest in SPARK_* variables.
# Any other command runs as it is.
set -euo pipefail

case ${1:-} in
    driver)
        # Spark would start the JVM, and that the program. Here the program starts the JVM, as on a laptop: Kubernetes tells
        # the first process to end, and what that leaves behind is killed. So the program gets to close its record.
        shift
        options=(--deploy-mode client --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS")
        while [[ $1 != local://* ]]; do
            if [[ $1 == --class ]]; then shift; else options+=("$1"); fi
            shift
        done
        program=${1#local://}
        shift
        export PYSPARK_SUBMIT_ARGS="${options[*]@Q} pyspark-shell"
        exec "$PYSPARK_DRIVER_PYTHON" "$program" "$@"
        ;;
    executor)
        options=()  # one to a variable, since they can hold spaces; their order counts
        for ((number = 0; ; number++)); do
            name=SPARK_JAVA_OPT_$number
            [[ -v $name ]] || break
            options+=("${!name}")
        done
        exec java "${options[@]}" "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" \
            -cp "${SPARK_CONF_DIR:-$SPARK_HOME/conf}:${SPARK_CLASSPATH:+$SPARK_CLASSPATH:}$SPARK_HOME/jars/*" \
            org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
            --driver-url "$SPARK_DRIVER_URL" \
            --executor-id "$SPARK_EXECUTOR_ID" \
            --cores "$SPARK_EXECUTOR_CORES" \
            --app-id "$SPARK_APPLICATION_ID" \
            --hostname "$SPARK_EXECUTOR_POD_IP" \
            --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" \
            --podName "$SPARK_EXECUTOR_POD_NAME"
        ;;
    *)
        exec "$@"
        ;;
esac
