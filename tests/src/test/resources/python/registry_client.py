"""Confluent's own client against the embedded registry: register, look up, serialise, deserialise, compatibility."""
import sys

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

url, bootstrap, topic = sys.argv[1:4]
client = SchemaRegistryClient({"url": url})
first = '{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}'
wider = '{"type":"record","name":"R","fields":[{"name":"a","type":"long"},{"name":"b","type":"string","default":"x"}]}'
other = '{"type":"record","name":"R","fields":[{"name":"c","type":"string"}]}'
subject = topic + "-value"

client.set_compatibility(subject, "BACKWARD")
schema_id = client.register_schema(subject, Schema(first, "AVRO"))
assert client.register_schema(subject, Schema(first, "AVRO")) == schema_id
assert client.get_latest_version(subject).schema_id == schema_id
assert client.lookup_schema(subject, Schema(first, "AVRO")).version == 1
assert client.test_compatibility(subject, Schema(wider, "AVRO"))
assert not client.test_compatibility(subject, Schema(other, "AVRO"))
try:
    client.register_schema(subject, Schema(other, "AVRO"))
    raise AssertionError("an incompatible schema was taken")
except SchemaRegistryError as e:
    assert e.http_status_code == 409, e

serializer = AvroSerializer(client, wider)
producer = Producer({"bootstrap.servers": bootstrap})
context = SerializationContext(topic, MessageField.VALUE)
producer.produce(topic, serializer({"a": 1 << 40, "b": "grün"}, context))
assert producer.flush(30) == 0
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "python", "auto.offset.reset": "earliest"})
consumer.subscribe([topic])
message = consumer.poll(30)
assert message is not None and message.error() is None, message
value = AvroDeserializer(client)(message.value(), context)
assert value == {"a": 1 << 40, "b": "grün"}, value
consumer.close()
print("ok")
