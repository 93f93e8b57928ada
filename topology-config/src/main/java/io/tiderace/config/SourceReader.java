package io.tiderace.config;

import io.tiderace.config.SourceConfig.Flavor;
import java.nio.charset.StandardCharsets;

/** Makes {@link SourceConfig} of a source file's root. */
record SourceReader(Problems problems, DatabaseReader databases) {
    private static final int SOURCE_ID_BYTES = 32;

    SourceConfig read(Section source) {
        String sourceId = source.text("source-id");
        if (sourceId.getBytes(StandardCharsets.UTF_8).length > SOURCE_ID_BYTES) {
            problems.error(
                    source.place("source-id"),
                    "\"" + sourceId + "\" is longer than " + SOURCE_ID_BYTES + " bytes",
                    "shorten it here and in the tasks");
        }
        return new SourceConfig(
                sourceId,
                flavor(source.text("flavor")),
                source.whole("server-id"),
                source.flag("enable-gtid"),
                source.flag("case-sensitive"),
                databases.source(source.section("from")));
    }

    private static Flavor flavor(String name) {
        return switch (name) {
            case "mysql" -> Flavor.MYSQL;
            case "mariadb" -> Flavor.MARIADB;
            default -> Flavor.DETECT;
        };
    }
}
