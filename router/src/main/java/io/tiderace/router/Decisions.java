package io.tiderace.router;

import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.TableName;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** What to do with records by schema id, decided once for each id: a schema id names table and version. Not thread-safe. */
final class Decisions {
    private static final int SMALL_IDS = 1 << 16;

    private final RecordCodec codec;
    private final Rules rules;
    private @Nullable Decision[] small = new @Nullable Decision[64];
    private final Map<Integer, Decision> large = new HashMap<>();

    /** @param target of a row change; null when the rules drop it, and for the other kinds */
    record Decision(RecordCodec.Kind kind, @Nullable Target target) {}

    /** A target table as the headers that its records carry, built once. */
    record Target(Header schema, Header table) {
        static Target of(TableName target) {
            return new Target(new Text("target.schema", target.schema()), new Text("target.table", target.table()));
        }
    }

    private record Text(String key, byte[] value) implements Header {
        Text(String key, String value) {
            this(key, value.getBytes(StandardCharsets.UTF_8));
        }
    }

    Decisions(RecordCodec codec, Rules rules) {
        this.codec = codec;
        this.rules = rules;
    }

    Decision of(int schemaId) {
        Decision decision = schemaId >= 0 && schemaId < small.length ? small[schemaId] : large.get(schemaId);
        return decision != null ? decision : decide(schemaId);
    }

    private Decision decide(int schemaId) {
        RecordCodec.Kind kind = codec.kind(schemaId);
        Decision decision = new Decision(
                kind,
                kind == RecordCodec.Kind.ROW ? target(codec.table(schemaId).name()) : null);
        if (schemaId < 0 || schemaId >= SMALL_IDS) {
            large.put(schemaId, decision);
            return decision;
        }
        if (schemaId >= small.length) {
            small = Arrays.copyOf(small, Math.max(schemaId + 1, small.length * 2));
        }
        small[schemaId] = decision;
        return decision;
    }

    /** Where a table's records go, null when the rules drop them. */
    @Nullable
    Target target(TableName table) {
        return rules.verdict(table) instanceof Rules.Passed passed ? Target.of(passed.target()) : null;
    }
}
