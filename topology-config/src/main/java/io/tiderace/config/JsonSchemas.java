package io.tiderace.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON Schemas of the three files, for editors; made from the key tables and shipped as resources, which a test keeps up to date. */
final class JsonSchemas {
    /** Resource names and what they describe. */
    static final Map<String, KeyTable> FILES = Map.of(
            "source.schema.json", SourceKeys.SOURCE,
            "task.schema.json", TaskKeys.TASK,
            "tiderace.schema.json", ServiceKeys.SERVICE);

    private JsonSchemas() {}

    static Map<String, Object> document(String resource, KeyTable table) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "Tiderace " + resource.replace(".schema.json", "") + " file");
        schema.putAll(mapping(table));
        // only the file itself must be there; an empty entry of named rules is fine
        schema.put("type", "object");
        return schema;
    }

    static Map<String, Object> mapping(KeyTable table) {
        Map<String, Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (Key key : table.keys().values()) {
            Map<String, Object> property = new LinkedHashMap<>();
            String note = note(key);
            if (!note.isEmpty()) {
                property.put("description", note);
            }
            if (key.support() == Key.Support.IGNORED) {
                property.put("deprecated", true);
            }
            property.putAll(key.type().jsonSchema());
            properties.put(key.name(), property);
            if (key.isRequired()) {
                required.add(key.name());
            }
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", List.of("object", "null"));
        schema.put("properties", properties);
        schema.put("additionalProperties", false);
        if (!required.isEmpty()) {
            schema.put("required", required);
        }
        return schema;
    }

    private static String note(Key key) {
        String prefix =
                switch (key.support()) {
                    case SUPPORTED -> "";
                    case ACCEPTED -> "Accepted, without effect: ";
                    case IGNORED -> "Ignored with a warning: ";
                    case REFUSED -> "Not supported yet: ";
                };
        return prefix + key.doc();
    }
}
