# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
# lab: --kafka
"""A second broker: partitions change their leader while a job reads and writes them, and one talks TLS only. And a
Kafka that is silent for longer than anybody waits."""

import contextlib
import glob
import os
import pathlib
import shutil
import signal

import kafka
import outputs
import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from durability import disturb_between_epochs, job_unit
from faults import KAFKA, signal_unit
from jobs import START_TIME, Job, close_windows, expectation, produce_reference, stop
from support import journal, run, systemctl, unit, wait_until, write_job

SECOND = "kafka-second.service"
PLACE = pathlib.Path("/var/lib/kafka-second")
PLAIN, TLS = "localhost:9096", "localhost:9097"
COUNT = 60_000
PACE = "min = 2; max = 2; rate_limit = 4000;"

PROPERTIES = """
process.roles=broker
node.id=2
controller.quorum.voters=1@localhost:9093
listeners=PLAINTEXT://:9096,SSL://:9097
advertised.listeners=PLAINTEXT://localhost:9096,SSL://localhost:9097
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL
controller.listener.names=CONTROLLER
log.dirs={place}/logs
ssl.keystore.location={place}/key.p12
ssl.keystore.password=not-a-secret
ssl.keystore.type=PKCS12
"""

pytestmark = pytest.mark.timeout(300)


def kafka_program(name, *arguments):
    return ["java", "-Xmx256m", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", f"{glob.glob('/opt/kafka/*')[0]}/*", name, *arguments]


def make_certificate():
    """One of its own for the second broker; clients trust it by ca.pem."""
    keytool = ["keytool", "-keystore", str(PLACE / "key.p12"), "-storetype", "PKCS12", "-storepass", "not-a-secret", "-alias", "kafka"]
    run(*keytool, "-genkeypair", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=dns:localhost")
    (PLACE / "ca.pem").write_text(run(*keytool, "-exportcert", "-rfc").stdout)
    run(*keytool[:2], str(PLACE / "other.p12"), *keytool[3:], "-genkeypair", "-keyalg", "EC", "-dname", "CN=localhost")
    (PLACE / "other.pem").write_text(run(*keytool[:2], str(PLACE / "other.p12"), *keytool[3:], "-exportcert", "-rfc").stdout)


def brokers():
    with contextlib.suppress(KafkaException):  # nobody answers yet
        return set(AdminClient(kafka.CLIENT).list_topics(timeout=10).brokers)


def start_second():
    run("systemd-run", "--quiet", "--collect", f"--unit={SECOND}", "--property=User=kafka", "--property=SuccessExitStatus=143",
        *kafka_program("kafka.Kafka", str(PLACE / "properties")))
    wait_until(lambda: brokers() == {1, 2}, "the second broker is there")


def make_inner_topics():
    """Of transactions and groups: while there is one broker, so that they do not go away with the second one."""
    Producer({**kafka.CLIENT, "transactional.id": "first"}).init_transactions(kafka.CEILING_SECONDS)
    consumer = Consumer({**kafka.CLIENT, "group.id": "first"})
    consumer.committed([TopicPartition("none", 0)], timeout=kafka.CEILING_SECONDS)
    consumer.close()


@pytest.fixture(scope="module", autouse=True)
def second_broker():
    make_inner_topics()
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir()
    make_certificate()
    (PLACE / "properties").write_text(PROPERTIES.format(place=PLACE))
    run(*kafka_program("kafka.tools.StorageTool", "format", "-t", "c3RyZWFtZXRsLWxhYi1vbmU", "-c", str(PLACE / "properties")))
    run("chown", "-R", "kafka:", str(PLACE))
    PLACE.chmod(0o755)
    try:
        start_second()
        yield
    finally:
        systemctl("stop", SECOND)


def create_topic(topic, replicas):
    """With the brokers of each partition, its leader first."""
    new = NewTopic(topic, len(replicas), replica_assignment=replicas)
    admin = AdminClient(kafka.CLIENT)  # kept while it works
    admin.create_topics([new])[topic].result(kafka.CEILING_SECONDS)


def leaders(topic):
    return [partition.leader for _, partition in sorted(kafka.topics()[topic].partitions.items())]


def in_sync(topic):
    return all(len(partition.isrs) == 2 for partition in kafka.topics()[topic].partitions.values())


def move_leaders():
    """To the second broker while it lives, else from it; the last move is orderly."""
    if brokers() == {1, 2}:
        signal_unit(SECOND, signal.SIGKILL)
        wait_until(lambda: leaders("moved") == leaders("moved_out") == [1, 1], "the first broker leads all")
        return
    start_second()
    wait_until(lambda: in_sync("moved") and in_sync("moved_out"), "the second broker has caught up")
    run(*kafka_program("org.apache.kafka.tools.LeaderElectionCommand", "--bootstrap-server", kafka.BROKERS,
                       "--election-type", "preferred", "--all-topic-partitions"))
    wait_until(lambda: leaders("moved") == leaders("moved_out") == [2, 1], "the second broker leads again")


def test_partitions_change_their_leader():
    create_topic("moved", [[2, 1], [1, 2]])
    create_topic("moved_out", [[2, 1], [1, 2]])
    produce_reference("moved", COUNT, seed=51)
    close_windows("moved", 2)
    assert leaders("moved") == [2, 1]
    job = Job("moved", output="append", trigger="200 ms", workers=PACE, sinks='sink : { type = "kafka"; topic = "moved_out"; };')
    job.start()
    disturb_between_epochs(job, lambda job: move_leaders(), times=2)
    job.wait_for_records(COUNT + 2)
    wait_until(lambda: job.status()["groups"] == 2, "all windows that are over are final")
    status = job.status()
    stop()
    expected, _ = expectation("moved")
    assert not outputs.differences(expected, outputs.topic_rows("moved_out"))
    assert status["late"] == 0 and status["processed"] == COUNT + 2


def test_the_connection_is_encrypted_and_a_broker_that_cannot_be_trusted_is_refused():
    create_topic("encrypted", [[2]])
    produce_reference("encrypted", 1000, seed=52)
    job = Job("encrypted")

    def write(authority):
        properties = f'"bootstrap.servers={TLS}", "security.protocol=ssl", "ssl.ca.location={PLACE}/{authority}"'
        write_job("encrypted", job.text.replace("idle_after", f"properties = ( {properties} ); idle_after"))

    write("other.pem")
    systemctl("start", "etl-coordinator.service")
    wait_until(lambda: any("certificate verify failed" in line for line in job.lines()), "the job says that it does not trust the broker")
    assert not job.status()["processed"]
    stop()
    write("ca.pem")
    job.start()
    job.wait_for_records(1000)
    stop()
    assert sum(row["count"] for row in job.rows()) >= 1000


def test_a_partition_without_a_leader_holds_the_watermark():
    """What it holds is not late when it is back, however far the others have gone meanwhile."""
    def produce(partition, second):
        kafka.produce("leaderless", [{"timestamp": START_TIME + second, "course": "c", "activity": str(partition)}], partition)

    create_topic("leaderless", [[1], [2]])
    for partition in range(2):
        produce(partition, 0)
    job = Job("leaderless", output="append", watermark="5 seconds")
    job.start()
    job.wait_for_records(2)
    systemctl("stop", SECOND)
    wait_until(lambda: "leader" in (job.status()["why"] or "").lower(), "the job says what it cannot ask for")
    for second in range(100, 600, 100):  # one epoch a second: longer than idle_after
        epoch = job.status()["epoch"]
        produce(0, second)
        wait_until(lambda: job.status()["epoch"] > epoch, "the other partition is read")
    start_second()
    produce(1, 1)
    wait_until(lambda: job.status()["processed"] == 8 and job.status()["backlog"] == 0, "the partition is read again")
    assert job.status()["late"] == 0
    stop()


@contextlib.contextmanager
def frozen(name):
    pid = signal_unit(name, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_kafka_is_silent_for_longer_than_anybody_waits():
    """The producer's transaction is given up by Kafka, and requests of job and workers time out."""
    waits = '"socket.timeout.ms=2000", "transaction.timeout.ms=4000"'
    create_topic("silent", [[1], [1]])
    create_topic("silent_out", [[1]])
    produce_reference("silent", COUNT, seed=53)
    job = Job("silent", trigger="0 seconds", workers=PACE,
              sinks=f'sink : {{ type = "kafka"; topic = "silent_out"; properties = ( {waits} ); }};')
    write_job("silent", job.text.replace("idle_after", 'properties = ( "socket.timeout.ms=2000" ); idle_after'))
    job.start()
    wait_until(lambda: (job.status()["epoch"] or 0) >= 3, "the job works")
    with frozen(KAFKA):
        def troubles():
            return [int(entry["__MONOTONIC_TIMESTAMP"]) for entry in journal(f"_SYSTEMD_UNIT={job_unit(job)}", "PRIORITY=4", after=job.cursor)
                    if "Sink kafka" in entry["MESSAGE"] and "trying again" in entry["MESSAGE"]]

        wait_until(lambda: "Timed out" in unit(job_unit(job), "StatusText"), "the job says what it waits for")
        wait_until(lambda: (times := troubles()) and times[-1] - times[0] > 5_000_000, "the transaction's time is over")
    job.wait_for_records(COUNT)
    stop()
    expected, _ = expectation("silent")
    assert not outputs.differences(expected, outputs.last_by_key(outputs.topic_rows("silent_out")))
