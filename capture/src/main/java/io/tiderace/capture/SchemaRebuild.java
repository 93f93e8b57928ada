package io.tiderace.capture;

import io.tiderace.config.BlockAllowList;
import io.tiderace.config.Routes;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.config.TopicAdmin;
import io.tiderace.config.TopicSpec;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a source's schema history anew from what its tables look like today, for the position at which its capture stopped. Refuses where a table looked
 * different there. Capture of the source must not run; one that does without being seen is fenced.
 */
public final class SchemaRebuild {
    private final ServiceConfig config;
    private final SourceConfig source;
    private final List<TaskConfig> tasks;

    /** @param tasks say which tables are captured; when there are none, every table of the source counts */
    public SchemaRebuild(ServiceConfig config, SourceConfig source, List<TaskConfig> tasks) {
        this.config = config;
        this.source = source;
        this.tasks = tasks.stream().anyMatch(task -> task.instance(source.sourceId()) != null)
                ? List.copyOf(tasks)
                : List.of(everything(source));
    }

    /**
     * Does it.
     *
     * @return the tables whose structures are known now
     * @throws io.tiderace.schemas.TideraceException when it cannot be done, or an operator has to act first
     */
    public List<TableName> run() throws InterruptedException {
        TopicAdmin.ensure(
                config,
                List.of(
                        TopicSpec.positions(config),
                        TopicSpec.relay(config, source.sourceId()),
                        TopicSpec.schemaHistory(config, source.sourceId())));
        KafkaClients kafka = new KafkaClients(config);
        String owner = kafka.capturingMember(source.sourceId());
        if (owner != null) {
            throw new ConfigException(
                    "TR-C059",
                    "source " + source.sourceId() + " is being captured by " + owner,
                    "stop every tiderace that captures it, wait 10 s, and try again");
        }
        Result result = new Result();
        new SourceCapture(config, source, tasks, kafka, new RegistryClient(config.registry()), result).run();
        return result.tables;
    }

    private static TaskConfig everything(SourceConfig source) {
        TaskConfig.Instance instance = new TaskConfig.Instance(
                source.sourceId(),
                null,
                BlockAllowList.all(),
                Routes.compile(List.of(), true),
                new TaskConfig.Copy(1),
                new TaskConfig.Apply(1, false));
        return new TaskConfig(
                "rebuild-schema", TaskConfig.Mode.INCREMENTAL, "", source.from(), List.of(), List.of(instance));
    }

    /** What comes out. Written by the engine's thread before {@link SourceCapture#run} returns. */
    static final class Result {
        private volatile List<TableName> tables = List.of();

        void tables(List<TableName> names) {
            tables = List.copyOf(names);
        }
    }

    /**
     * What the engine is to do instead of capturing.
     *
     * @param position whose structures are wanted
     * @param emptyHistory takes the old records out of the history
     */
    record Plan(StoredPosition position, Runnable emptyHistory, Result result) {
        static @Nullable Plan of(@Nullable Result result, @Nullable StoredPosition position, Runnable emptyHistory) {
            return result == null || position == null ? null : new Plan(position, emptyHistory, result);
        }
    }
}
