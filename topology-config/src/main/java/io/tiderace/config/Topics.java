package io.tiderace.config;

import java.nio.charset.StandardCharsets;

/** Every topic's name; names exist nowhere else. */
public record Topics(String prefix) {
    public String relay(String sourceId) {
        return prefix + "relay." + encode(sourceId);
    }

    public String positions() {
        return prefix + "positions";
    }

    public String schemaHistory(String sourceId) {
        return prefix + "schema-history." + encode(sourceId);
    }

    public String prepared(String sourceId) {
        return prefix + "prepared." + encode(sourceId);
    }

    public String apply(String task, String sourceId) {
        return prefix + "apply." + encode(task) + "." + encode(sourceId);
    }

    public String shardDdl(String task) {
        return prefix + "shard-ddl." + encode(task);
    }

    public String decisions(String task, String sourceId) {
        return prefix + "decisions." + encode(task) + "." + encode(sourceId);
    }

    public String quarantine(String task) {
        return prefix + "quarantine." + encode(task);
    }

    public String topology() {
        return prefix + "topology";
    }

    public String status() {
        return prefix + "status";
    }

    /** Streams' application id of a task's router. */
    public String routerApplication(String task) {
        return prefix + "router." + encode(task);
    }

    /** Consumer group of a task's applier. */
    public String applierGroup(String task) {
        return prefix + "applier." + encode(task);
    }

    /** Consumer group that spreads the sources over capture processes. */
    public String captureGroup() {
        return prefix + "capture";
    }

    /**
     * The name as it is where Kafka allows it (ASCII letters, digits, '.', '_', '-'), each other byte of its UTF-8 form as {@code _xHH}: Kafka
     * does not allow the percent sign. A name that itself holds {@code _xHH} has that underscore encoded, so no two names share a topic.
     */
    static String encode(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        StringBuilder result = new StringBuilder(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            char c = (char) (bytes[i] & 0xff);
            boolean looksEncoded = c == '_'
                    && i + 3 < bytes.length
                    && bytes[i + 1] == 'x'
                    && Character.digit(bytes[i + 2], 16) >= 0
                    && Character.digit(bytes[i + 3], 16) >= 0;
            boolean legal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (legal || c == '-' || c == '.' || (c == '_' && !looksEncoded)) {
                result.append(c);
            } else {
                result.append("_x").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            }
        }
        return result.toString();
    }
}
