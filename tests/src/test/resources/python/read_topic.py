"""Prints the first N records of a topic as Confluent's Avro deserializer sees them, one JSON object a line."""
import json
import sys

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

url, bootstrap, topic, count = sys.argv[1:5]
deserialize = AvroDeserializer(SchemaRegistryClient({"url": url}))
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused", "isolation.level": "read_committed"})
consumer.assign([TopicPartition(topic, 0, 0)])
for _ in range(int(count)):
    message = consumer.poll(30)
    assert message is not None and message.error() is None, message
    value = deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
    print(json.dumps(value, default=lambda b: b.hex()))
consumer.close()
