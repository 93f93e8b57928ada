package io.tiderace.config;

import io.tiderace.config.Problems.Place;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checks that no two things share a topic. Kafka takes names that differ only in {@code .} and {@code _} for the same. */
final class TopicNames {
    private static final int LENGTH_MAX = 249;

    private TopicNames() {}

    static void check(
            Topics topics, Collection<SourceConfig> sources, Collection<TaskConfig> tasks, Problems problems) {
        Map<String, String> users = new LinkedHashMap<>();
        for (SourceConfig source : sources) {
            String user = "source \"" + source.sourceId() + "\"";
            add(users, topics.relay(source.sourceId()), user, problems);
            add(users, topics.schemaHistory(source.sourceId()), user, problems);
        }
        for (TaskConfig task : tasks) {
            add(users, topics.shardDdl(task.name()), "task \"" + task.name() + "\"", problems);
            for (TaskConfig.Instance instance : task.instances()) {
                String user = "task \"" + task.name() + "\" with source \"" + instance.sourceId() + "\"";
                for (String topic : List.of(
                        topics.apply(task.name(), instance.sourceId()),
                        topics.decisions(task.name(), instance.sourceId()))) {
                    add(users, topic, user, problems);
                }
            }
        }
    }

    private static void add(Map<String, String> users, String topic, String user, Problems problems) {
        Place nowhere = new Place(user, 0, "");
        String other = users.putIfAbsent(topic.replace('.', '_'), user);
        if (other != null && !other.equals(user)) {
            problems.error(
                    nowhere,
                    "its topic " + topic + " is also that of " + other,
                    "rename one: names must differ in more than dots and underscores");
        }
        if (topic.length() > LENGTH_MAX) {
            problems.error(
                    nowhere,
                    "its topic " + topic + " would have " + topic.length() + " characters, Kafka allows " + LENGTH_MAX,
                    "shorten the name; characters that Kafka does not allow take four each");
        }
    }
}
