package io.tiderace.cli;

import io.tiderace.cli.ComparePlan.Comparison;
import io.tiderace.cli.ComparePlan.Origin;
import io.tiderace.cli.ConfigOptions.Setup;
import io.tiderace.cli.SourceTables.TableColumn;
import io.tiderace.cli.TableDifference.Row;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.TableName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Compares every table of a task, several chunks at once. */
final class TaskComparison implements AutoCloseable {
    private final Setup setup;
    private final TaskConfig task;
    private final long retryForMs;
    private final ExecutorService workers;
    private final BlockingQueue<ServerConnections> idle = new LinkedBlockingQueue<>();

    TaskComparison(Setup setup, TaskConfig task, long retryForMs, int threads) {
        this.setup = setup;
        this.task = task;
        this.retryForMs = retryForMs;
        this.workers = Executors.newFixedThreadPool(threads);
        for (int i = 0; i <= threads; i++) {
            idle.add(new ServerConnections(setup, task));
        }
    }

    /** Hands over each table's result as soon as it is known. */
    void run(Consumer<TableDifference> results) throws InterruptedException {
        ServerConnections servers = idle.take();
        try {
            Map<String, SourceTables> sources = sources(servers);
            SortedMap<TableName, List<Origin>> origins = ComparePlan.origins(task, sources);
            Map<TableName, List<TableColumn>> target = target(servers, origins);
            for (Map.Entry<TableName, List<Origin>> table : origins.entrySet()) {
                Comparison comparison =
                        ComparePlan.comparison(table.getKey(), table.getValue(), sources, find(target, table.getKey()));
                results.accept(compare(comparison, servers));
            }
        } finally {
            idle.add(servers);
        }
    }

    private Map<String, SourceTables> sources(ServerConnections servers) {
        Map<String, SourceTables> sources = new HashMap<>();
        for (TaskConfig.Instance instance : task.instances()) {
            try {
                sources.put(
                        instance.sourceId(), SourceTables.read(servers.source(instance.sourceId()), List.of(instance)));
            } catch (ServerRefusal e) {
                throw ServerErrors.source(setup.source(instance.sourceId()), e);
            }
        }
        return sources;
    }

    private Map<TableName, List<TableColumn>> target(
            ServerConnections servers, SortedMap<TableName, List<Origin>> origins) {
        try {
            List<SourceTables> schemas = new ArrayList<>();
            for (String schema :
                    origins.keySet().stream().map(TableName::schema).distinct().toList()) {
                schemas.add(SourceTables.ofSchema(servers.target(), schema));
            }
            return ComparePlan.structures(schemas);
        } catch (ServerRefusal e) {
            throw ServerErrors.target(task.target(), e);
        }
    }

    /** By its name, or by the name in other letter case: some servers keep names in lower case. */
    private static @Nullable List<TableColumn> find(Map<TableName, List<TableColumn>> target, TableName name) {
        List<TableColumn> found = target.get(name);
        return found != null
                ? found
                : target.get(new TableName(
                        name.schema().toLowerCase(Locale.ROOT), name.table().toLowerCase(Locale.ROOT)));
    }

    private TableDifference compare(Comparison comparison, ServerConnections servers) throws InterruptedException {
        CompareSql target = comparison.target();
        if (target == null) {
            return new TableDifference(comparison, 0, 0, comparison.problems(), List.of(), false);
        }
        TableComparison table = new TableComparison(comparison, target, retryForMs);
        try {
            List<Future<TableDifference>> chunks = new ArrayList<>();
            for (KeyRange range : table.chunks(servers.target())) {
                chunks.add(workers.submit(() -> compare(table, range)));
            }
            List<TableDifference> results = new ArrayList<>();
            for (Future<TableDifference> chunk : chunks) {
                results.add(chunk.get());
            }
            return sum(comparison, results);
        } catch (ServerRefusal e) {
            throw ServerErrors.target(task.target(), e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ServerRefusal refused) {
                throw ServerErrors.target(task.target(), refused);
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private TableDifference compare(TableComparison table, KeyRange range) throws ServerRefusal, InterruptedException {
        ServerConnections servers = idle.take();
        try {
            return table.compare(range, servers);
        } finally {
            idle.add(servers);
        }
    }

    private static TableDifference sum(Comparison comparison, List<TableDifference> chunks) {
        List<String> problems = new ArrayList<>(comparison.problems());
        List<Row> rows = new ArrayList<>();
        long sourceRows = 0;
        long targetRows = 0;
        boolean isMore = false;
        for (TableDifference chunk : chunks) {
            sourceRows += chunk.sourceRows();
            targetRows += chunk.targetRows();
            problems.addAll(chunk.problems());
            rows.addAll(chunk.rows());
            isMore |= chunk.isMore();
        }
        boolean isLong = rows.size() > TableDifference.ROWS_MAX;
        List<Row> shown = isLong ? List.copyOf(rows.subList(0, TableDifference.ROWS_MAX)) : rows;
        return new TableDifference(comparison, sourceRows, targetRows, problems, shown, isMore || isLong);
    }

    @Override
    public void close() {
        workers.shutdownNow();
        idle.forEach(ServerConnections::close);
    }
}
