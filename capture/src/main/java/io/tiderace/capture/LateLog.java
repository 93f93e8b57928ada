package io.tiderace.capture;

import io.debezium.connector.mysql.MySqlOffsetContext;
import io.debezium.connector.mysql.MySqlPartition;
import io.tiderace.capture.LateTables.Look;
import io.tiderace.capture.StoredPosition.TableState;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.WireBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The relay's side of tables that are copied while the stream goes on: their statements and chunks become transactions of their own between those of
 * the stream, each stored together with what is still missing. To be used at a {@link StreamBoundary} only.
 */
final class LateLog {
    private static final Logger LOG = LoggerFactory.getLogger(LateLog.class);

    private final CaptureRun run;
    private final LateTables late;
    private final TransactionStream stream;
    private final CaptureSchema schema;
    private final MySqlPartition partition;
    private final MySqlOffsetContext offset;
    private final WireBuffer head = new WireBuffer(1 << 5);
    private boolean isBegun;

    LateLog(
            CaptureRun run,
            LateTables late,
            TransactionStream stream,
            CaptureSchema schema,
            MySqlPartition partition,
            MySqlOffsetContext offset) {
        this.run = run;
        this.late = late;
        this.stream = stream;
        this.schema = schema;
        this.partition = partition;
        this.offset = offset;
    }

    /** Where the stream stands. */
    SourcePosition position() {
        return stream.position().position();
    }

    /** A table's structure by the statements that the stream has passed; null when there is no such table. */
    @Nullable
    TableStructure structure(TableName table) {
        return StartPoint.structure(run, schema, table);
    }

    /** False while XA transactions are prepared: what they changed in tables that were not captured by then would be lost. */
    boolean canCapture() {
        return !stream.hasPrepared();
    }

    /**
     * The statements that make a table.
     *
     * @param plain the table in fewer words, for a parser that does not know all that stands in the statement
     */
    record Definition(String createSchema, String createTable, TableDefinition plain) {}

    /**
     * From here on the changes of these tables are captured.
     *
     * @param definitions null for a table that is not there
     */
    void captured(Map<TableName, @Nullable Definition> definitions) throws InterruptedException {
        RelayWriter.Transaction transaction = new RelayWriter.Transaction();
        long number = stream.currentTxn();
        long row = begin(transaction, number);
        if (offset instanceof CaptureOffset ours) {
            ours.txn(number);
        }
        Set<String> schemas = new TreeSet<>();
        for (Map.Entry<TableName, @Nullable Definition> entry : definitions.entrySet()) {
            TableName name = entry.getKey();
            Definition definition = entry.getValue();
            LateTable state = late.table(name);
            if (state == null || definition == null) {
                late.put(name, null);
                continue;
            }
            StartPoint.learn(schema, partition, offset, definition.createTable(), name, definition::plain);
            TableStructure structure = structure(name);
            if (structure == null) {
                throw new IllegalStateException("the structure of " + name + " was not understood");
            }
            late.put(
                    name,
                    state.isCopied() ? state.captured(!structure.primaryKey().isEmpty()) : null);
            if (state.isCopied()) {
                if (schemas.add(name.schema())) {
                    SchemaChange create = CopyLog.statement(definition.createSchema(), null, List.of(), run.dialect());
                    transaction.add(null, run.codec().encode(numbered(create, number, ++row)));
                }
                SchemaChange create = CopyLog.statement(
                        definition.createTable().replaceFirst("^CREATE TABLE ", "CREATE TABLE IF NOT EXISTS "),
                        name.schema(),
                        List.of(new TouchedTable(name, structure)),
                        run.dialect());
                transaction.add(null, run.codec().encode(numbered(create, number, ++row)));
            }
        }
        end(transaction, number, row);
    }

    /**
     * Writes rows of a table, without those that the stream has brought since they were looked at.
     *
     * @param after the table's state with them; null when the table is whole
     * @param isReleased true when what was held back becomes visible with them
     */
    void chunk(TableName name, EncodedChunk chunk, Look look, @Nullable LateTable after, boolean isReleased)
            throws InterruptedException {
        LateTable before = late.table(name);
        if (before == null) {
            throw new IllegalStateException(name + " is whole already");
        }
        RelayWriter.Transaction transaction = new RelayWriter.Transaction();
        long number = stream.currentTxn();
        long row = begin(transaction, number);
        if (before.rows() == 0) {
            transaction.add(
                    null, run.codec().encode(progress(number, ++row, ChangeEvent.Progress.TABLE_START, name, 0)));
        }
        for (int i = 0; i < chunk.rows(); i++) {
            byte[] key = chunk.key(i);
            if (key == null || !look.isTouched(name, key)) {
                head.reset();
                chunk.encoder().head(head, number, ++row);
                transaction.add(key, chunk.value(i, head));
            }
        }
        long done = before.rows() + chunk.rows();
        run.progress()
                .copied(
                        name,
                        chunk.rows(),
                        chunk.bytes(),
                        new TableState(after == null, false, done, 0, null, null, 0));
        transaction.add(null, run.codec().encode(progress(number, ++row, ChangeEvent.Progress.CHUNK_DONE, name, done)));
        if (after == null) {
            transaction.add(
                    null, run.codec().encode(progress(number, ++row, ChangeEvent.Progress.TABLE_DONE, name, done)));
        }
        late.put(name, after);
        if (isReleased) {
            transaction.release(name);
        }
        end(transaction, number, row);
    }

    /** Ends the copy: a statement has taken the last table away. */
    void end() throws InterruptedException {
        if (isBegun) {
            end(new RelayWriter.Transaction(), stream.currentTxn(), 0);
        } else {
            run.progress().lateCopyEnded();
        }
    }

    private long begin(RelayWriter.Transaction transaction, long number) {
        if (isBegun) {
            return 0;
        }
        isBegun = true;
        transaction.add(null, run.codec().encode(progress(number, 1, ChangeEvent.Progress.COPY_START, null, 0)));
        return 1;
    }

    private void end(RelayWriter.Transaction transaction, long number, long row) throws InterruptedException {
        long records = row;
        if (late.isEmpty()) {
            isBegun = false;
            transaction.add(
                    null, run.codec().encode(progress(number, ++records, ChangeEvent.Progress.COPY_END, null, 0)));
            run.progress().lateCopyEnded();
            LOG.atInfo()
                    .addKeyValue("source", run.source().sourceId())
                    .addKeyValue("rows", run.progress().copiedRows())
                    .addKeyValue("tables", run.progress().tablesDone())
                    .log("the last added table is whole");
        }
        stream.insert(transaction, records);
    }

    private SnapshotProgress progress(
            long number, long row, ChangeEvent.Progress kind, @Nullable TableName table, long done) {
        Progress counts = run.progress();
        return new SnapshotProgress(
                number,
                row,
                kind,
                table,
                table == null ? counts.copiedRows() : done,
                table == null ? counts.rowsTotal() : counts.rowsTotal(table),
                table == null ? counts.copiedBytes() : 0,
                counts.tablesDone(),
                counts.tablesTotal(),
                position(),
                System.currentTimeMillis());
    }

    private SchemaChange numbered(SchemaChange statement, long number, long row) {
        SourcePosition at = position();
        return new SchemaChange(
                number,
                row,
                statement.statement(),
                statement.context(),
                statement.tables(),
                true,
                null,
                at.file(),
                at.pos(),
                System.currentTimeMillis());
    }
}
