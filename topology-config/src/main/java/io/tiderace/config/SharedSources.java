package io.tiderace.config;

import io.tiderace.config.Problems.Place;
import io.tiderace.config.TaskConfig.Instance;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Checks tasks that use the same source: it is captured once for all of them, so they have to agree on where that begins. */
final class SharedSources {
    private SharedSources() {}

    static void check(Collection<TaskConfig> tasks, Problems problems) {
        Map<String, TaskConfig> first = new LinkedHashMap<>();
        for (TaskConfig task : tasks) {
            for (Instance instance : task.instances()) {
                TaskConfig other = first.putIfAbsent(instance.sourceId(), task);
                if (other != null && !other.equals(task)) {
                    compare(task, other, instance, problems);
                }
            }
        }
    }

    private static void compare(TaskConfig task, TaskConfig other, Instance instance, Problems problems) {
        Place place = new Place("task \"" + task.name() + "\"", 0, "");
        String both = "task \"" + other.name() + "\" has the source \"" + instance.sourceId() + "\" too";
        Instance otherInstance = other.instance(instance.sourceId());
        if (task.mode() != other.mode()) {
            problems.error(
                    place,
                    both + ", but another task-mode",
                    "give both the same task-mode, or another topic-prefix: a source is captured once");
        } else if (otherInstance != null && !Objects.equals(instance.start(), otherInstance.start())) {
            problems.error(
                    place,
                    both + ", but another meta",
                    "give both the same meta, or another topic-prefix: a source is captured once");
        }
    }
}
