package io.tiderace.config;

import java.util.List;

/**
 * Everything the files say, checked and resolved.
 *
 * @param warnings what the operator should know although it does not stop the start, a line each
 */
public record Configuration(
        ServiceConfig service, List<SourceConfig> sources, List<TaskConfig> tasks, List<String> warnings) {
    public Configuration {
        sources = List.copyOf(sources);
        tasks = List.copyOf(tasks);
        warnings = List.copyOf(warnings);
    }
}
