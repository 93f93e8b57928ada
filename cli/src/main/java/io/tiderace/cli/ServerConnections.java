package io.tiderace.cli;

import io.tiderace.cli.ConfigOptions.Setup;
import io.tiderace.config.TaskConfig;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One thread's connections to a task's servers, opened when needed; values are printed alike on all of them. */
final class ServerConnections implements AutoCloseable {
    private final Setup setup;
    private final TaskConfig task;
    private final Map<String, Database> sources = new HashMap<>();
    private @Nullable Database target;

    ServerConnections(Setup setup, TaskConfig task) {
        this.setup = setup;
        this.task = task;
    }

    Database source(String sourceId) throws ServerRefusal {
        Database open = sources.get(sourceId);
        if (open == null) {
            open = prepared(Database.open(setup.source(sourceId).from()));
            sources.put(sourceId, open);
        }
        return open;
    }

    Database target() throws ServerRefusal {
        Database open = target;
        if (open == null) {
            open = prepared(Database.open(task.target()));
            target = open;
        }
        return open;
    }

    private static Database prepared(Database database) throws ServerRefusal {
        database.execute("SET SESSION sql_mode = '', SESSION time_zone = '+00:00'");
        return database;
    }

    @Override
    public void close() {
        sources.values().forEach(Database::close);
        if (target != null) {
            target.close();
        }
    }
}
