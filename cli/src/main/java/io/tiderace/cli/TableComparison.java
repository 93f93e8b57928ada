package io.tiderace.cli;

import io.tiderace.cli.ComparePlan.Comparison;
import io.tiderace.cli.SourceTables.TableColumn;
import io.tiderace.cli.TableDifference.Kind;
import io.tiderace.cli.TableDifference.Row;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Compares one target table with its source tables. A chunk whose sums differ is narrowed down to rows; a row counts as different only if it
 * still is when asked for by its key, again and again for as long as retrying is allowed: changes on their way get the time to arrive.
 */
final class TableComparison {
    private static final int CHUNK_ROWS = 20_000;
    private static final int KEYS_AT_ONCE = 100;
    private static final long RETRY_PAUSE_MS = 500;

    private final Comparison comparison;
    private final CompareSql target;
    private final long retryForMs;

    /** A number of rows and the sum of their hashes. */
    private record Checksum(long rows, BigInteger sum) {
        static final Checksum NONE = new Checksum(0, BigInteger.ZERO);

        Checksum plus(Checksum other) {
            return new Checksum(rows + other.rows, sum.add(other.sum));
        }

        static Checksum of(Map<String, @Nullable String> row) {
            return new Checksum(
                    Long.parseLong(String.valueOf(row.get("n"))),
                    new BigDecimal(String.valueOf(row.get("h"))).toBigInteger());
        }
    }

    TableComparison(Comparison comparison, CompareSql target, long retryForMs) {
        this.comparison = comparison;
        this.target = target;
        this.retryForMs = retryForMs;
    }

    /** The key ranges that together are the table, in chunks of the target's rows. */
    List<KeyRange> chunks(Database database) throws ServerRefusal {
        List<KeyRange> chunks = new ArrayList<>();
        int columns = comparison.rangedKeyColumns();
        List<Object> last = List.of();
        while (columns > 0) {
            KeyRange rest = new KeyRange(last, List.of());
            List<Map<String, @Nullable String>> end =
                    database.rows(target.chunkEnd(rest, CHUNK_ROWS, columns), rest.parameters());
            if (end.isEmpty()) {
                break;
            }
            List<Object> values = new ArrayList<>();
            int i = 0;
            for (String value : end.get(0).values()) {
                values.add(parameter(target.key().get(i++), String.valueOf(value)));
            }
            chunks.add(new KeyRange(last, values));
            last = values;
        }
        chunks.add(new KeyRange(last, List.of()));
        return chunks;
    }

    /** Numbers are given as numbers: as text they would be compared as floating-point numbers. */
    private static Object parameter(TableColumn column, String value) {
        return switch (CompareSql.typeName(column)) {
            case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year" -> new BigDecimal(value);
            default -> value;
        };
    }

    /** What differs in a range of keys. */
    TableDifference compare(KeyRange range, ServerConnections servers) throws ServerRefusal, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(retryForMs);
        Checksum there = checksum(servers.target(), target, range);
        Checksum here = sourceChecksum(servers, range);
        List<Row> rows = List.of();
        List<String> problems = List.of();
        if (!here.equals(there)) {
            if (target.key().isEmpty()) {
                while (!here.equals(there) && System.nanoTime() < deadline) {
                    TimeUnit.MILLISECONDS.sleep(RETRY_PAUSE_MS);
                    there = checksum(servers.target(), target, range);
                    here = sourceChecksum(servers, range);
                }
                problems = here.equals(there)
                        ? List.of()
                        : List.of("the table has no key and its rows differ: " + here.rows + " rows at the source, "
                                + there.rows + " in the target");
            } else {
                rows = narrow(range, Math.max(here.rows, there.rows), servers, deadline);
            }
        }
        boolean isMore = rows.size() > TableDifference.ROWS_MAX;
        List<Row> shown = isMore ? rows.subList(0, TableDifference.ROWS_MAX) : rows;
        return new TableDifference(comparison, here.rows, there.rows, problems, List.copyOf(shown), isMore);
    }

    private static Checksum checksum(Database database, CompareSql sql, KeyRange range) throws ServerRefusal {
        return Checksum.of(
                database.rows(sql.checksum(range), range.parameters()).get(0));
    }

    private Checksum sourceChecksum(ServerConnections servers, KeyRange range) throws ServerRefusal {
        Checksum sum = Checksum.NONE;
        for (int i = 0; i < comparison.sources().size(); i++) {
            sum = sum.plus(checksum(source(servers, i), comparison.sources().get(i), range));
        }
        return sum;
    }

    private Database source(ServerConnections servers, int origin) throws ServerRefusal {
        return servers.source(comparison.origins().get(origin).sourceId());
    }

    /** Looks at the rows, through buckets when there are too many of them for memory. */
    private List<Row> narrow(KeyRange range, long rows, ServerConnections servers, long deadline)
            throws ServerRefusal, InterruptedException {
        int buckets = (int) Math.max(1, Math.min(10_000, rows / CHUNK_ROWS));
        List<Row> differences = new ArrayList<>();
        List<Integer> differing = buckets == 1 ? List.of(0) : differingBuckets(range, buckets, servers);
        for (int bucket : differing) {
            Map<List<String>, Kind> candidates = differingKeys(
                    rowsOf(servers, range, buckets, bucket), rowsOfTarget(servers, range, buckets, bucket));
            differences.addAll(confirm(candidates, servers, deadline));
            if (differences.size() > TableDifference.ROWS_MAX) {
                break;
            }
        }
        return differences;
    }

    private List<Integer> differingBuckets(KeyRange range, int buckets, ServerConnections servers)
            throws ServerRefusal {
        Map<String, Checksum> sums = new TreeMap<>();
        for (int i = 0; i < comparison.sources().size(); i++) {
            String question = comparison.sources().get(i).bucketChecksums(range, buckets);
            for (Map<String, @Nullable String> row : source(servers, i).rows(question, range.parameters())) {
                sums.merge(String.valueOf(row.get("b")), Checksum.of(row), Checksum::plus);
            }
        }
        for (Map<String, @Nullable String> row :
                servers.target().rows(target.bucketChecksums(range, buckets), range.parameters())) {
            Checksum there = Checksum.of(row);
            Checksum negative = new Checksum(-there.rows, there.sum.negate());
            sums.merge(String.valueOf(row.get("b")), negative, Checksum::plus);
        }
        return sums.entrySet().stream()
                .filter(bucket -> !bucket.getValue().equals(Checksum.NONE))
                .map(bucket -> Integer.valueOf(bucket.getKey()))
                .toList();
    }

    private Map<List<String>, ComparedRow> rowsOf(ServerConnections servers, KeyRange range, int buckets, int bucket)
            throws ServerRefusal {
        Map<List<String>, ComparedRow> rows = new LinkedHashMap<>();
        for (int i = 0; i < comparison.sources().size(); i++) {
            CompareSql sql = comparison.sources().get(i);
            add(rows, source(servers, i).rows(sql.rows(range, buckets, bucket), range.parameters()));
        }
        return rows;
    }

    private Map<List<String>, ComparedRow> rowsOfTarget(
            ServerConnections servers, KeyRange range, int buckets, int bucket) throws ServerRefusal {
        Map<List<String>, ComparedRow> rows = new LinkedHashMap<>();
        add(rows, servers.target().rows(target.rows(range, buckets, bucket), range.parameters()));
        return rows;
    }

    private void add(Map<List<String>, ComparedRow> rows, List<Map<String, @Nullable String>> read) {
        for (Map<String, @Nullable String> row : read) {
            List<String> key = new ArrayList<>();
            for (int i = 0; i < target.key().size(); i++) {
                key.add(String.valueOf(row.get("k" + i)));
            }
            rows.merge(key, ComparedRow.of(row, target.columns()), ComparedRow::twice);
        }
    }

    private static Map<List<String>, Kind> differingKeys(
            Map<List<String>, ComparedRow> here, Map<List<String>, ComparedRow> there) {
        Map<List<String>, Kind> differing = new LinkedHashMap<>();
        here.forEach((key, row) -> {
            ComparedRow other = there.get(key);
            if (other == null) {
                differing.put(key, Kind.MISSING);
            } else if (!row.isSame(other)) {
                differing.put(key, Kind.DIFFERENT);
            }
        });
        there.keySet().stream().filter(key -> !here.containsKey(key)).forEach(key -> differing.put(key, Kind.EXTRA));
        return differing;
    }

    /** Those of the candidates that are different at every look until the deadline. */
    private List<Row> confirm(Map<List<String>, Kind> candidates, ServerConnections servers, long deadline)
            throws ServerRefusal, InterruptedException {
        Map<List<String>, Kind> differing = new LinkedHashMap<>();
        candidates.entrySet().stream()
                .limit(TableDifference.ROWS_MAX + 1L)
                .forEach(candidate -> differing.put(candidate.getKey(), candidate.getValue()));
        boolean isLast;
        do {
            isLast = System.nanoTime() >= deadline;
            List<List<String>> keys = List.copyOf(differing.keySet());
            differing.clear();
            for (int from = 0; from < keys.size(); from += KEYS_AT_ONCE) {
                differing.putAll(look(keys.subList(from, Math.min(keys.size(), from + KEYS_AT_ONCE)), servers));
            }
            if (!differing.isEmpty() && !isLast) {
                TimeUnit.MILLISECONDS.sleep(RETRY_PAUSE_MS);
            }
        } while (!differing.isEmpty() && !isLast);
        return differing.entrySet().stream()
                .map(row -> new Row(row.getValue(), row.getKey()))
                .toList();
    }

    private Map<List<String>, Kind> look(List<List<String>> keys, ServerConnections servers) throws ServerRefusal {
        Map<List<String>, ComparedRow> here = new LinkedHashMap<>();
        for (int i = 0; i < comparison.sources().size(); i++) {
            CompareSql sql = comparison.sources().get(i);
            add(here, source(servers, i).rows(sql.rowsByKey(keys.size()), values(keys, sql)));
        }
        Map<List<String>, ComparedRow> there = new LinkedHashMap<>();
        add(there, servers.target().rows(target.rowsByKey(keys.size()), values(keys, target)));
        return differingKeys(here, there);
    }

    private static Object[] values(List<List<String>> keys, CompareSql sql) {
        List<Object> values = new ArrayList<>();
        for (List<String> key : keys) {
            for (int i = 0; i < key.size(); i++) {
                TableColumn column = sql.key().get(i);
                values.add(
                        CompareSql.isBinary(column)
                                ? HexFormat.of().parseHex(key.get(i))
                                : parameter(column, key.get(i)));
            }
        }
        return values.toArray();
    }
}
