package io.tiderace.router;

import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.RowSource;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.InMemoryRegistry;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RowEncoder;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records of a relay topic as capture writes them: numbered one by one. */
final class Relay {
    static final String TOPIC = "tiderace.relay.s1";
    static final String APPLY = "tiderace.apply.t.s1";

    final InMemoryRegistry registry = new InMemoryRegistry();
    final RecordCodec codec = new RecordCodec(registry, TOPIC);
    final RecordCodec applyCodec = new RecordCodec(registry, APPLY);
    private final Map<TableName, RowEncoder> encoders = new HashMap<>();
    private long txn = 1;
    private long row;

    byte[] row(String schema, String table, int id) {
        return row(schema, table, id, "value " + id);
    }

    byte[] row(String schema, String table, int id, String text) {
        TableName name = new TableName(schema, table);
        RowEncoder encoder = encoders.computeIfAbsent(
                name,
                key -> codec.rowEncoder(
                        "s1",
                        new TableStructure(
                                name,
                                List.of(
                                        new Column("id", MySqlType.parse("int"), null, null, false, false),
                                        new Column("v", MySqlType.parse("text"), "utf8mb4", null, true, false)),
                                List.of("id"))));
        return codec.encodeRow(
                encoder,
                new RowChange(
                        txn,
                        ++row,
                        encoder.table(),
                        Op.INSERT,
                        null,
                        new Object[] {id, text},
                        1000,
                        new RowSource(schema, table, 1, null, "binlog.000001", 4, 0, 1000, false)));
    }

    byte[] ddl(@Nullable String defaultSchema, String sql) {
        return codec.encode(new SchemaChange(
                txn,
                ++row,
                sql,
                new StatementContext(defaultSchema, "", "utf8mb4", null, null),
                List.of(),
                false,
                null,
                "binlog.000001",
                4,
                1000));
    }

    byte[] progress(Progress progress, @Nullable TableName table) {
        return codec.encode(new SnapshotProgress(
                txn, ++row, progress, table, 0, 0, 0, 0, 0, new SourcePosition("binlog.000001", 4, null), 1000));
    }

    /** The end of the transaction; the next record begins the next one. */
    byte[] commit() {
        return commit(txn, false);
    }

    byte[] commit(long lastTxn, boolean snapshot) {
        byte[] value = codec.encode(new Commit(
                lastTxn,
                row + 1,
                txn,
                row,
                null,
                "set:" + lastTxn,
                "binlog.000001",
                lastTxn * 100,
                1000,
                snapshot,
                false));
        txn = lastTxn + 1;
        row = 0;
        return value;
    }

    /** Goes back to the first record of the transaction under way, as capture does after a crash. */
    void again() {
        row = 0;
    }

    void at(long nextTxn, long lastRow) {
        txn = nextTxn;
        row = lastRow;
    }

    long txn() {
        return txn;
    }

    /** Short form of an apply record: {@code 5.1 store.orders_all}, {@code 5.2 ddl …}, {@code commit 3..5 rows 2}. */
    String text(byte[] value, @Nullable String target) {
        ChangeEvent event = applyCodec.decode(value);
        String head = event.txn() + "." + event.txnRow() + " ";
        if (event instanceof Commit commit) {
            return "commit " + (commit.firstTxn() == commit.txn() ? "" : commit.firstTxn() + "..") + commit.txn()
                    + " rows " + commit.rows();
        }
        if (event instanceof ChangeEvent.RoutedDdl ddl) {
            return head + ddl.statement();
        }
        if (event instanceof SnapshotProgress progress) {
            return head + progress.progress() + (target == null ? "" : " " + target);
        }
        return head + target;
    }
}
