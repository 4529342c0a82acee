# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: StreamETL contributors
"""The lab's Kafka, seen with a client that is not the suite's."""

import glob
import json
import tempfile

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic
from support import run, wait_until

BROKERS = "localhost:9092"
# Errors are raised or asserted; what librdkafka logs besides while a broker is killed is of no use.
CLIENT = {"bootstrap.servers": BROKERS, "log_level": 3}
CEILING_SECONDS = 60


def create_topic(topic, partitions=1, **config):
    admin = AdminClient(CLIENT)
    new = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=config)
    admin.create_topics([new])[topic].result(CEILING_SECONDS)


def grow_topic(topic, partitions):
    """To so many partitions in all."""
    admin = AdminClient(CLIENT)
    admin.create_partitions([NewPartitions(topic, partitions)])[topic].result(CEILING_SECONDS)


def delete_topic(topic):
    admin = AdminClient(CLIENT)
    admin.delete_topics([topic])[topic].result(CEILING_SECONDS)


def delete_topics(*names):
    """Those of them that are there, and waits until they are gone."""
    for name in set(names) & set(topics()):
        delete_topic(name)
    wait_until(lambda: not set(names) & set(topics()), f"topics {names} are gone", CEILING_SECONDS)


def topics():
    return AdminClient(CLIENT).list_topics(timeout=CEILING_SECONDS).topics


def delete_records(topic, partition, before):
    """As the topic's retention does, with Kafka's own tool."""
    wanted = {"version": 1, "partitions": [{"topic": topic, "partition": partition, "offset": before}]}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(wanted, file)
        file.flush()
        run("java", "-cp", f"{glob.glob('/opt/kafka/*')[0]}/*", "org.apache.kafka.tools.DeleteRecordsCommand", "--bootstrap-server", BROKERS,
            "--offset-json-file", file.name)


def produce(topic, values, partition=None, keys=None, time_msec=0):
    """Sends values (bytes, None for a tombstone, or what json.dumps takes) and returns when all are written. Their
    time, as Kafka has it, is now unless it is given."""
    producer = Producer({**CLIENT, "enable.idempotence": True, "message.max.bytes": 4_000_000})
    where = {} if partition is None else {"partition": partition}
    failures = []

    def on_delivery(error, message):
        if error:
            failures.append(f"{message.value()!r}: {error}")

    for number, value in enumerate(values):
        data = value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
        while True:
            try:
                producer.produce(topic, data, key=keys[number] if keys else None, timestamp=time_msec, on_delivery=on_delivery, **where)
                break
            except BufferError:
                producer.poll(0.1)
    left = producer.flush(CEILING_SECONDS)
    assert left == 0 and not failures, f"{left} not sent in time, {failures[:3]}"


def end_offsets(topic):
    """partition -> the offset behind its last readable record."""
    consumer = _consumer()
    try:
        partitions = consumer.list_topics(topic, timeout=CEILING_SECONDS).topics[topic].partitions
        return {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=CEILING_SECONDS)[1]
            for number in partitions
        }
    finally:
        consumer.close()


def committed(group, *topics):
    """(topic, partition) -> the offset that the group has committed; negative: none."""
    consumer = _consumer(group)
    try:
        partitions = [TopicPartition(topic, number) for topic in topics
                      for number in consumer.list_topics(topic, timeout=CEILING_SECONDS).topics[topic].partitions]
        return {(at.topic, at.partition): at.offset for at in consumer.committed(partitions, timeout=CEILING_SECONDS)}
    finally:
        consumer.close()


def consume(topic):
    """Every committed message of a topic from its beginning to its end now, partition by partition."""
    consumer = _consumer()
    messages = []
    try:
        partitions = consumer.list_topics(topic, timeout=CEILING_SECONDS).topics[topic].partitions
        unread = set(partitions)
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        while unread:
            message = consumer.poll(CEILING_SECONDS)
            assert message is not None, f"nothing from partitions {unread} of {topic} in {CEILING_SECONDS} s"
            if not message.error():
                messages.append(message)
            elif message.error().code() == KafkaError._PARTITION_EOF:
                unread.discard(message.partition())
            else:
                raise AssertionError(f"{topic}: {message.error()}")
    finally:
        consumer.close()
    return sorted(messages, key=lambda message: (message.partition(), message.offset()))


def _consumer(group="test"):
    return Consumer(
        {
            **CLIENT,
            "group.id": group,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
        }
    )
