package io.tiderace.schemas;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;

/** What a schema registry has to know about Avro: whether a text is a schema, and whether it may follow others. Stateless. */
public final class AvroCompatibility {
    private AvroCompatibility() {}

    /** Confluent's levels: who must be able to read whose records, and whether only next to the last version or to all of them. */
    public enum Level {
        NONE,
        BACKWARD,
        BACKWARD_TRANSITIVE,
        FORWARD,
        FORWARD_TRANSITIVE,
        FULL,
        FULL_TRANSITIVE;

        private boolean isTransitive() {
            return name().endsWith("_TRANSITIVE");
        }

        private boolean mustReadOld() {
            return name().startsWith("BACKWARD") || name().startsWith("FULL");
        }

        private boolean mustBeReadByOld() {
            return name().startsWith("FORWARD") || name().startsWith("FULL");
        }
    }

    /**
     * The one text that stands for all texts of the schema, its documentation and properties included: two texts are the same schema when
     * these are equal.
     *
     * @throws IllegalArgumentException when it is not an Avro schema
     */
    public static String normalized(String schema) {
        return parse(schema).toString();
    }

    /** Why the schema may not follow the earlier ones (oldest first) at that level, a sentence each; empty when it may. */
    public static List<String> problems(String schema, List<String> earlier, Level level) {
        if (level == Level.NONE || earlier.isEmpty()) {
            return List.of();
        }
        Schema next = parse(schema);
        List<String> problems = new ArrayList<>();
        for (String text : level.isTransitive() ? earlier : earlier.subList(earlier.size() - 1, earlier.size())) {
            Schema before = parse(text);
            if (level.mustReadOld()) {
                addProblems(next, before, "the new schema cannot read what the old one wrote", problems);
            }
            if (level.mustBeReadByOld()) {
                addProblems(before, next, "the old schema cannot read what the new one writes", problems);
            }
        }
        return problems;
    }

    private static void addProblems(Schema reader, Schema writer, String direction, List<String> problems) {
        var result = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
                .getResult();
        if (result.getCompatibility() == SchemaCompatibilityType.COMPATIBLE) {
            return;
        }
        for (Incompatibility incompatibility : result.getIncompatibilities()) {
            problems.add(direction + ": " + incompatibility.getType() + " at " + incompatibility.getLocation() + ": "
                    + incompatibility.getMessage());
        }
    }

    private static Schema parse(String schema) {
        try {
            return new Schema.Parser().setValidateDefaults(false).parse(schema);
        } catch (AvroRuntimeException e) {
            throw new IllegalArgumentException("not an Avro schema: " + e.getMessage(), e);
        }
    }
}
