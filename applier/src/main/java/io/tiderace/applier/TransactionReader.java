package io.tiderace.applier;

import io.tiderace.applier.Step.Mark;
import io.tiderace.applier.Step.RoutedRow;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.ChangeEvent.RowSource;
import io.tiderace.schemas.ChangeEvent.SnapshotProgress;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.DataException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes whole transactions of an apply topic's records, and checks their numbers: Commits follow each other without a gap, each counts its
 * records, what was read before is dropped. Transactions above the limits come in pieces, so memory is bounded. What the checkpoint says is
 * applied comes without its rows. Not thread-safe.
 */
final class TransactionReader {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionReader.class);

    /**
     * @param transactionRowsMax rows of a transaction that is applied whole
     * @param transactionBytesMax the same in encoded bytes
     * @param pieceRowsMax rows of a piece of a larger one
     */
    record Limits(int transactionRowsMax, long transactionBytesMax, int pieceRowsMax) {
        private static final long BYTES_MAX = 32 << 20;
        private static final int PIECE_ROWS_MAX = 10_000;

        /** Those of a task. */
        static Limits of(int transactionRowsMax) {
            return new Limits(transactionRowsMax, BYTES_MAX, Math.min(PIECE_ROWS_MAX, transactionRowsMax));
        }
    }

    private final RecordCodec codec;
    private final Limits limits;
    private final AppliedRanges applied;
    private final Map<Integer, Routed> names = new HashMap<>();
    private final boolean fresh;

    private long verifyOffset;
    private long lastTxn;
    private long openTxn;
    private long lastRow;
    private long records;
    private boolean split;
    private long bytes;
    private List<RoutedRow> rows = new ArrayList<>();
    private List<SnapshotProgress> progress = new ArrayList<>();
    private long splitTransactions;
    private long repeats;
    private boolean copyEndSeen;

    /** Where the last record of a schema id went, as its headers say it. */
    private record Routed(byte[] schema, byte[] table, TableName name) {}

    /** Begins behind what the checkpoint says is applied; reading starts at {@link #startOffset} */
    TransactionReader(RecordCodec codec, AppliedPosition low, AppliedRanges applied, Limits limits) {
        this.codec = codec;
        this.limits = limits;
        this.applied = applied.copy();
        this.lastTxn = low.txn();
        this.fresh = low.txn() == 0;
        this.verifyOffset = fresh ? -1 : low.offset() - 1;
    }

    /**
     * The offset of the first record to give: a little before the last applied Commit, which is read again to see that the topic is still the
     * same.
     *
     * @param beginning of what the topic still holds
     */
    long startOffset(long beginning) {
        if (beginning > verifyOffset) {
            verifyOffset = -1; // expired; the numbers of what follows are still checked
        }
        return Math.max(beginning, verifyOffset - 2);
    }

    /** True when the last record of the copy is behind, applied. */
    boolean isCopyEndSeen() {
        return copyEndSeen;
    }

    long splitTransactions() {
        return splitTransactions;
    }

    long repeats() {
        return repeats;
    }

    /** @throws DataException for a gap in the numbers, a wrong count, or a record that cannot be read */
    void read(ConsumerRecord<byte[], byte[]> record, Consumer<Step> out) {
        byte[] value = record.value();
        RecordCodec.Kind kind = codec.kind(RecordCodec.schemaId(value));
        if (kind == RecordCodec.Kind.SKIPPABLE) {
            return;
        }
        long txn = RecordCodec.txn(value);
        long row = RecordCodec.txnRow(value);
        if (verifyOffset >= 0) {
            if (record.offset() < verifyOffset) {
                copyEndSeen |=
                        kind == RecordCodec.Kind.SNAPSHOT_PROGRESS && isCopyEnd((SnapshotProgress) codec.decode(value));
            } else {
                verify(record, kind, txn);
            }
            return;
        }
        if (txn <= lastTxn || (txn == openTxn && row <= lastRow)) {
            repeats++;
            return;
        }
        if (openTxn != 0 && txn != openTxn) {
            throw gap(record, "transaction " + txn + " begins before the Commit of transaction " + openTxn);
        }
        if (kind == RecordCodec.Kind.COMMIT) {
            end(record, (Commit) codec.decode(value), out);
            return;
        }
        openTxn = txn;
        lastRow = row;
        records++;
        if (!applied.contains(txn) && row > applied.rowsApplied(txn)) {
            take(record, kind, out);
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record, RecordCodec.Kind kind, Consumer<Step> out) {
        byte[] value = record.value();
        switch (kind) {
            case ROW -> {
                rows.add(new RoutedRow(target(record), codec.decodeRow(value), record.offset()));
                bytes += value.length;
                splitIfLarge(record, out);
            }
            case ROUTED_DDL -> {
                RoutedDdl ddl = (RoutedDdl) codec.decode(value);
                flushBefore(record, out);
                split = true;
                out.accept(new Step.Ddl(
                        new Mark(openTxn, openTxn, lastRow, null, record.offset() + 1), ddl, value.length));
            }
            case SNAPSHOT_PROGRESS -> progress.add((SnapshotProgress) codec.decode(value));
            case COMMIT, SCHEMA_CHANGE, SKIPPABLE ->
                throw new DataException(
                        "TR-A003",
                        "a " + kind + " record is not expected in an apply topic, at " + at(record),
                        "stop whatever else writes to " + record.topic() + "; only the router may");
        }
    }

    private void end(ConsumerRecord<byte[], byte[]> record, Commit commit, Consumer<Step> out) {
        boolean first = fresh && lastTxn == 0;
        if (!first && commit.firstTxn() != lastTxn + 1) {
            throw gap(
                    record,
                    "the Commit of transaction " + commit.txn() + " covers from " + commit.firstTxn()
                            + ", but the last before it was " + lastTxn);
        }
        if (commit.rows() != records) {
            throw gap(
                    record,
                    "transaction " + commit.txn() + " has " + commit.rows() + " records by its Commit, but " + records
                            + " were read");
        }
        Mark mark = new Mark(commit.firstTxn(), commit.txn(), commit.txnRow(), commit, record.offset() + 1);
        out.accept(new Step.Rows(mark, rows, progress, split, bytes + record.value().length));
        lastTxn = commit.txn();
        openTxn = 0;
        lastRow = 0;
        records = 0;
        split = false;
        clear();
        progress = new ArrayList<>();
        applied.forgetUpTo(lastTxn);
    }

    private void splitIfLarge(ConsumerRecord<byte[], byte[]> record, Consumer<Step> out) {
        boolean large = rows.size() > limits.transactionRowsMax() || bytes > limits.transactionBytesMax();
        if (!split && large) {
            split = true;
            splitTransactions++;
            RowSource source = rows.get(0).change().source();
            LOG.atWarn()
                    .addKeyValue("code", "TR-A031")
                    .addKeyValue("txn", openTxn)
                    .addKeyValue("gtid", source.gtid())
                    .addKeyValue("position", source.file() + ":" + source.pos())
                    .addKeyValue("rowsSoFar", rows.size())
                    .addKeyValue("bytesSoFar", bytes)
                    .log("a transaction above max-transaction-rows or 32 MiB is applied in pieces");
        }
        if (split && (rows.size() >= limits.pieceRowsMax() || bytes > limits.transactionBytesMax())) {
            flushBefore(record, out);
        }
    }

    /** Gives what was gathered of the open transaction as pieces. */
    private void flushBefore(ConsumerRecord<byte[], byte[]> record, Consumer<Step> out) {
        for (int from = 0; from < rows.size(); from += limits.pieceRowsMax()) {
            List<RoutedRow> piece = rows.subList(from, Math.min(rows.size(), from + limits.pieceRowsMax()));
            long last = piece.get(piece.size() - 1).change().txnRow();
            long share = Math.max(1, bytes * piece.size() / rows.size());
            out.accept(new Step.Rows(
                    new Mark(openTxn, openTxn, last, null, record.offset() + 1),
                    List.copyOf(piece),
                    List.of(),
                    true,
                    share));
        }
        clear();
    }

    private void clear() {
        rows = new ArrayList<>();
        bytes = 0;
    }

    private static boolean isCopyEnd(SnapshotProgress progress) {
        return progress.progress() == Progress.COPY_END;
    }

    private void verify(ConsumerRecord<byte[], byte[]> record, RecordCodec.Kind kind, long txn) {
        if (record.offset() != verifyOffset || kind != RecordCodec.Kind.COMMIT || txn != lastTxn) {
            throw new DataException(
                    "TR-A002",
                    "the checkpoint in the target says that " + record.topic() + "-" + record.partition() + "-"
                            + verifyOffset
                            + " is the Commit of transaction " + lastTxn + ", but the next record there is " + kind
                            + " of transaction " + txn + " at " + at(record)
                            + ": the topic was made anew, or its oldest records were removed before they were applied",
                    "if the topic was made anew, drop the task's target tables, delete its rows from the checkpoint table and let "
                            + "it copy again; if records expired, do the same and raise the relay retention");
        }
        verifyOffset = -1;
    }

    /** Names are decoded only where the headers are not those of the last record of the schema id, value by value. */
    private TableName target(ConsumerRecord<byte[], byte[]> record) {
        Header[] headers = record.headers().toArray();
        int id = RecordCodec.schemaId(record.value());
        Routed routed = names.get(id);
        if (routed == null
                || headers.length != 2
                || !Arrays.equals(routed.table, headers[1].value())
                || !Arrays.equals(routed.schema, headers[0].value())) {
            byte[] schema = header(record, "target.schema");
            byte[] table = header(record, "target.table");
            TableName name = new TableName(
                    new String(schema, StandardCharsets.UTF_8), new String(table, StandardCharsets.UTF_8));
            routed = new Routed(schema, table, name);
            names.put(id, routed);
        }
        return routed.name;
    }

    private static byte[] header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        if (header == null) {
            throw new DataException(
                    "TR-A003",
                    "a row change without the header '" + name + "' at " + at(record),
                    "stop whatever else writes to " + record.topic() + "; only the router may");
        }
        return header.value();
    }

    private static DataException gap(ConsumerRecord<byte[], byte[]> record, String problem) {
        return new DataException(
                "TR-A001",
                "transactions are missing in the apply topic: " + problem + ", at " + at(record),
                "nothing wrong was applied; look at the records before with 'tiderace tail " + record.topic()
                        + " --from " + Math.max(0, record.offset() - 20)
                        + "', and if the topic lost records, start the task again with a new name");
    }

    private static String at(ConsumerRecord<byte[], byte[]> record) {
        return record.topic() + "-" + record.partition() + "-" + record.offset();
    }
}
