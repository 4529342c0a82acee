# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
#
# What a test may need beside the suite: a real Apache Kafka and a real PostgreSQL, services of the lab.

service_seconds=60

# The jars come from Maven Central by way of this host, whose Maven may have settings of its own, and are
# seen by every lab in /opt/kafka.
fetch_kafka() {
        local partial
        kafka_key=$(sha256sum <"$here/lab.d/kafka/pom.xml" | cut -c 1-16)
        if [[ -d $cache/kafka/$kafka_key ]]; then
                return
        fi
        install_missing mvn=maven java=default-jre-headless
        exec {kafka_lock}>"$cache/kafka.lock"
        flock "$kafka_lock"
        if [[ ! -d $cache/kafka/$kafka_key ]]; then
                partial=$cache/kafka/partial
                rm -rf "$partial"
                mkdir -p "$partial"
                cp "$here/lab.d/kafka/pom.xml" "$partial/"
                step "fetching Apache Kafka's jars" mvn --quiet --batch-mode --file "$partial/pom.xml" \
                        dependency:copy-dependencies -DoutputDirectory="$partial/jars"
                mv -T "$partial/jars" "$cache/kafka/$kafka_key"
                rm -rf "$partial"
        fi
        exec {kafka_lock}>&-
}

start_kafka() {
        fetch_kafka
        step "starting Apache Kafka" kafka_up
}

kafka_up() {
        sed "s|@jars@|/opt/kafka/$kafka_key|" "$here/lab.d/kafka/kafka.service" >"$lab/kafka.service"
        push "$lab/kafka.service" /etc/systemd/system/kafka.service
        push "$here/lab.d/kafka/kafka.properties" /etc/kafka.properties
        run_command systemctl daemon-reload
        run_command systemctl start kafka.service
        if ! wait_until "$service_seconds" run_command kcat -b localhost:9092 -L -m 2; then
                enter journalctl --no-pager --unit=kafka.service
                return 1
        fi
}

start_postgres() {
        step "starting PostgreSQL" postgres_up
}

# A role and a database for the suite's user, who is let in over the socket by name.
postgres_up() {
        run_command systemctl start postgresql@17-main.service
        wait_until "$service_seconds" run_command pg_isready
        # shellcheck disable=SC2016 # expanded by the inner shell
        run_command runuser -u postgres -- sh -e -c '
                psql --quiet --tuples-only --command "SELECT 1 FROM pg_roles WHERE rolname = '\''streametl'\''" |
                        grep -q 1 || createuser streametl
                psql --list --quiet --tuples-only --no-align | grep -q "^streametl|" || createdb --owner=streametl streametl'
}
