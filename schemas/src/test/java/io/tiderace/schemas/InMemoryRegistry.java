package io.tiderace.schemas;

import java.util.ArrayList;
import java.util.List;

/** A registry for tests without a network: the same schema has the same id, ids count from 1. */
public final class InMemoryRegistry implements SchemaRegistry {
    private final List<String> schemas = new ArrayList<>();

    @Override
    public synchronized int register(String subject, String schema) {
        int index = schemas.indexOf(schema);
        if (index < 0) {
            schemas.add(schema);
            index = schemas.size() - 1;
        }
        return index + 1;
    }

    @Override
    public synchronized String schema(int id) {
        if (id < 1 || id > schemas.size()) {
            throw new IllegalArgumentException("no schema with id " + id);
        }
        return schemas.get(id - 1);
    }
}
