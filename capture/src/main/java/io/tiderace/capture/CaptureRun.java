package io.tiderace.capture;

import io.tiderace.config.CopyLimits;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One run of one source's engine: what our connector task needs and what it reports. Debezium makes connector and task from their class names
 * and hands them strings only, so they find this object by its number.
 */
final class CaptureRun implements AutoCloseable {
    /** Configuration key that holds the number. */
    static final String KEY = "tiderace.run";

    private static final long DISCONNECTED_NANOS = 2_000_000_000L;
    private static final Map<String, CaptureRun> RUNS = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT = new AtomicLong();

    private final String id = Long.toString(NEXT.incrementAndGet());
    private final SourceConfig source;
    private final List<TaskConfig> tasks;
    private final List<TaskConfig.Instance> instances;
    private final Predicate<TableName> accepted;
    private final RecordCodec codec;
    private final RelayWriter relay;
    private final PreparedTopic prepared;
    private final Progress progress;
    private final CopyLimits limits;
    private final @Nullable StoredPosition start;
    private SchemaRebuild.@Nullable Plan rebuild;
    private final StoredTables stored;
    private final CapturedTables tables;
    private @Nullable LateTables late;
    private final boolean isMariaDb;
    private volatile boolean isStopping;
    private volatile boolean isFinished;
    private volatile boolean isCollected;
    private volatile PreparedSearch.@Nullable Unknown unknown;
    private volatile @Nullable SourcePosition collectAt;
    private volatile long disconnectedNanos;
    private volatile boolean isDisconnected;
    private volatile @Nullable RuntimeException failure;

    CaptureRun(
            SourceConfig source,
            List<TaskConfig> tasks,
            RecordCodec codec,
            RelayWriter relay,
            PreparedTopic prepared,
            Progress progress,
            CopyLimits limits,
            @Nullable StoredPosition start,
            StoredTables stored,
            boolean isMariaDb) {
        this.source = source;
        this.tasks = tasks.stream()
                .filter(task -> task.instance(source.sourceId()) != null)
                .toList();
        instances = instances(source.sourceId(), tasks);
        accepted = accepts(source.sourceId(), tasks);
        this.codec = codec;
        this.relay = relay;
        this.prepared = prepared;
        this.progress = progress;
        this.limits = limits;
        this.start = start;
        this.stored = stored;
        this.tables = CapturedTables.of(source.sourceId(), this.tasks);
        this.isMariaDb = isMariaDb;
        RUNS.put(id, this);
    }

    static CaptureRun of(@Nullable String id) {
        CaptureRun run = id == null ? null : RUNS.get(id);
        if (run == null) {
            throw new IllegalStateException("no capture run " + id);
        }
        return run;
    }

    String id() {
        return id;
    }

    SourceConfig source() {
        return source;
    }

    /** What the server is, whatever the source file says. */
    boolean isMariaDb() {
        return isMariaDb;
    }

    /** For {@link StatementContext}. */
    @Nullable
    String dialect() {
        return isMariaDb ? StatementContext.MARIADB : null;
    }

    List<TaskConfig.Instance> instances() {
        return instances;
    }

    RecordCodec codec() {
        return codec;
    }

    RelayWriter relay() {
        return relay;
    }

    PreparedTopic prepared() {
        return prepared;
    }

    Progress progress() {
        return progress;
    }

    /** When the copy has to wait. */
    CopyLimits limits() {
        return limits;
    }

    /** Makes this a run that only makes the schema history anew. */
    void rebuilds(SchemaRebuild.@Nullable Plan plan) {
        rebuild = plan;
    }

    /** Null for a run that captures. */
    SchemaRebuild.@Nullable Plan rebuild() {
        return rebuild;
    }

    /** Where to go on, null when the source was never captured. */
    @Nullable
    StoredPosition start() {
        return start;
    }

    private static List<TaskConfig.Instance> instances(String sourceId, List<TaskConfig> tasks) {
        return tasks.stream()
                .flatMap(task -> task.instances().stream())
                .filter(instance -> instance.sourceId().equals(sourceId))
                .toList();
    }

    /** Says of a table whether some task wants it from the source. */
    static Predicate<TableName> accepts(String sourceId, List<TaskConfig> tasks) {
        List<TaskConfig.Instance> instances = instances(sourceId, tasks);
        return table ->
                instances.stream().anyMatch(instance -> instance.tables().accepts(table));
    }

    /** What was stored of the source's tables when the run began. */
    StoredTables stored() {
        return stored;
    }

    /** Which tables the tasks want now. */
    CapturedTables tables() {
        return tables;
    }

    /** Tables that are copied while the stream goes on; null when there are none. Set before the stream begins. */
    @Nullable
    LateTables late() {
        return late;
    }

    void late(LateTables tables) {
        late = tables;
    }

    /** True when some task wants the table and its changes are captured by now. */
    boolean captures(TableName table) {
        return accepts(table) && (late == null || !late.isAwaited(table));
    }

    /** True when some task wants the table. */
    boolean accepts(TableName table) {
        return accepted.test(table);
    }

    boolean capturesSchema(String schema) {
        for (TaskConfig.Instance instance : instances) {
            if (instance.tables().acceptsSchema(schema)) {
                return true;
            }
        }
        return false;
    }

    /** True when some task begins with a copy. */
    boolean copies() {
        return tasks.stream().anyMatch(task -> task.mode() != TaskConfig.Mode.INCREMENTAL);
    }

    /** True when no task wants changes after the copy. */
    boolean onlyCopies() {
        return tasks.stream().allMatch(task -> task.mode() == TaskConfig.Mode.FULL);
    }

    boolean isStopping() {
        return isStopping;
    }

    void stop() {
        isStopping = true;
    }

    /** Ends the run: a thread beside the engine's cannot go on. */
    void failed(RuntimeException cause) {
        failure = cause;
    }

    @Nullable
    RuntimeException failure() {
        return failure;
    }

    /** The connection that reads the log has ended, for whatever reason. */
    void disconnected() {
        disconnectedNanos = System.nanoTime();
        isDisconnected = true;
    }

    /** True when the connection ended a while ago: an error that ended it would have ended the engine by now. */
    boolean isDisconnected() {
        return isDisconnected && System.nanoTime() - disconnectedNanos > DISCONNECTED_NANOS;
    }

    /** This run only reads the rows of a transaction that was prepared at this place, earlier than the stored position. */
    void collectAt(SourcePosition place) {
        collectAt = place;
    }

    boolean isCollecting() {
        return collectAt != null;
    }

    /** The rows are in Kafka, and the position knows of them: the run is over. */
    void collected() {
        isCollected = true;
    }

    boolean isCollected() {
        return isCollected;
    }

    /** The rows of this transaction must be collected before its commit can be handled: the run is over. */
    void collect(PreparedSearch.Unknown transaction) {
        unknown = transaction;
    }

    PreparedSearch.@Nullable Unknown unknown() {
        return unknown;
    }

    /** True when this run has nothing more to do. */
    boolean isOver() {
        return isFinished || isCollected || unknown != null;
    }

    /** Where the log is to be read from. */
    SourcePosition readFrom(StoredPosition stored) {
        SourcePosition earlier = collectAt;
        return earlier == null ? stored.position() : earlier;
    }

    /** True when all that was to be done is committed. */
    boolean isFinished() {
        return isFinished;
    }

    void finished() {
        isFinished = true;
    }

    @Override
    public void close() {
        RUNS.remove(id);
    }
}
