package io.tiderace.schemas;

/** A Confluent-compatible schema registry, as much of it as the codec needs. Implementations are thread-safe and cache. */
public interface SchemaRegistry {
    /** Registers a schema under a subject unless it is there, and gives its id. */
    int register(String subject, String schema);

    /** The schema with that id, as JSON text. */
    String schema(int id);
}
