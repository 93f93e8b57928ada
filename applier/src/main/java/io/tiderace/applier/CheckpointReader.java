package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.config.TaskConfig;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Reads from the target how far a task is, for commands that look from outside. Not thread-safe. */
public final class CheckpointReader implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Target target;
    private final TaskConfig task;
    private final Backoff backoff;

    private CheckpointReader(Target target, TaskConfig task, Backoff backoff) {
        this.target = target;
        this.task = task;
        this.backoff = backoff;
    }

    /**
     * @param low everything up to it is applied
     * @param updatedAt when the applier last wrote
     */
    public record Applied(AppliedPosition low, Instant updatedAt) {}

    /** @throws io.tiderace.schemas.TideraceException when the target cannot be reached or refuses */
    public static CheckpointReader open(TaskConfig task) throws InterruptedException {
        Backoff backoff = new Backoff(task.target().address(), PATIENCE, () -> false, reason -> {});
        try {
            return new CheckpointReader(
                    backoff.call("connecting", () -> JdbcTarget.open(task.target(), task.metaSchema(), 1)),
                    task,
                    backoff);
        } catch (FencedException e) {
            throw new IllegalStateException("connecting takes nothing over", e);
        }
    }

    /** Empty when the task never applied anything of the source. */
    public Optional<Applied> read(String sourceId) throws InterruptedException {
        CheckpointStore store = new CheckpointStore(task.name(), sourceId);
        try {
            return backoff.call("reading the checkpoint", () -> {
                try (TargetSession session = target.session()) {
                    CheckpointStore.Stored stored = store.read(session, false);
                    session.rollback();
                    return Optional.ofNullable(stored.updatedAt()).map(at -> new Applied(stored.low(), at));
                } catch (SQLException e) {
                    if (SqlErrors.kind(e) == SqlErrors.Kind.STRUCTURE) {
                        return Optional.empty(); // no such table: never started
                    }
                    throw e;
                }
            });
        } catch (FencedException e) {
            throw new IllegalStateException("reading takes nothing over", e);
        }
    }

    @Override
    public void close() {
        target.close();
    }
}
