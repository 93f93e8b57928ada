package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.EventType;
import io.tiderace.capture.BinlogEvents.RawRows;
import io.tiderace.capture.StoredPosition.CopyState;
import io.tiderace.capture.StoredPosition.TableState;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.SchemaChange;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.ChangeEvent.TouchedTable;
import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.MovedRow;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.RowEncoder;
import io.tiderace.schemas.RowOrigin;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.WireBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the source's transactions and their rows and hands them to the relay writer. Knows where in the log it is: file and offset of the
 * event being handled, GTID of the transaction, set of GTIDs executed. Used by the one thread that reads the log.
 */
final class TransactionStream {
    private static final long UNSENT_BYTES = 64 << 10;
    private static final int VALUE_BYTES = 4 << 10;
    private static final int LARGE_BYTES = 1 << 20;

    /** What comes after a row's images takes less. */
    private static final int TAIL_BYTES = 4 << 10;

    private static final byte[] NOTHING = {};

    /** Flag of events that the server makes up for the reader (MySQL, {@code LOG_EVENT_ARTIFICIAL_F}). */
    private static final int ARTIFICIAL = 0x20;

    /** What a heartbeat tells of its offset. */
    private static final long LOW = 0xffff_ffffL;

    private final CaptureRun run;
    private final RelayWriter relay;
    private final String serverUuid;
    private final XaStream xa;
    private WireBuffer value;
    private final WireBuffer key = new WireBuffer(1 << 8);
    private final RelayRecords unsent = new RelayRecords(); // rows of the open transaction
    private final WireBuffer oldKey = new WireBuffer(1 << 8);
    private final @Nullable LateTables late;

    private long txn;
    private long row;
    private boolean isOpen;
    private boolean hasLateRows;
    private String file;
    private long eventPos;
    private long nextPos;
    private long idlePos; // up to here the server has nothing for us
    private long serverId;
    private long tsMs;
    private long fileBegunMs;
    private @Nullable String gtid;
    private @Nullable RowOrigin origin; // null when it has to be made anew
    private @Nullable GtidSet executed;
    private @Nullable CopyState copy;

    TransactionStream(CaptureRun run, StoredPosition start) {
        this.run = run;
        late = run.late();
        relay = run.relay();
        value = newValue();
        serverUuid = start.serverUuid();
        txn = start.txn();
        file = start.position().file();
        nextPos = start.position().pos();
        String set = start.position().gtidSet();
        executed = set == null ? null : GtidSet.parse(set);
        copy = start.copy();
        fileBegunMs = start.fileBegunMs();
        xa = new XaStream(run, this, start.prepared());
    }

    XaStream xa() {
        return xa;
    }

    /** The number of the transaction that is being read or comes next. */
    long currentTxn() {
        return txn + 1;
    }

    boolean isOpen() {
        return isOpen;
    }

    long rows() {
        return row;
    }

    /** Notes where the event being handled lies. */
    void at(EventHeaderV4 header) {
        if (isOfTheLog(header)) {
            long end = isOpen
                    ? LogOffsets.endInside(nextPos, header.getEventLength(), header.getNextPosition())
                    : LogOffsets.end(nextPos, header.getEventLength(), header.getNextPosition());
            eventPos = end == nextPos ? end : end - header.getEventLength();
            nextPos = end;
        } else if (header.getEventType() == EventType.HEARTBEAT) {
            idlePos = (nextPos & ~LOW) | (header.getNextPosition() & LOW); // of a file above 4 GiB it may be too small
        }
        if (serverId != header.getServerId()) {
            serverId = header.getServerId();
            origin = null;
        }
        if (header.getTimestamp() > 0 && gtid == null) {
            tsMs = header.getTimestamp();
        }
    }

    /** False for what the server sends beside the log: its place says nothing, nor does that of a file's head when reading begins behind it. */
    private boolean isOfTheLog(EventHeaderV4 header) {
        boolean isHead = header.getEventType() == EventType.FORMAT_DESCRIPTION;
        return (header.getFlags() & ARTIFICIAL) == 0
                && header.getEventType() != EventType.HEARTBEAT
                && (!isHead || nextPos <= LogOffsets.FILE_HEAD);
    }

    /** Notes when the file being read was begun. */
    void fileBegun(long ms) {
        fileBegunMs = ms;
    }

    /** Where the event being handled begins. */
    SourcePosition eventPosition() {
        return new SourcePosition(file, eventPos, null);
    }

    /** Just after the event being handled. */
    SourcePosition nextPosition() {
        return new SourcePosition(file, nextPos, null);
    }

    /** Of the server whose log this is. */
    String serverUuid() {
        return serverUuid;
    }

    /** Offset of the event being handled. */
    long eventPos() {
        return eventPos;
    }

    void rotated(String binlogFile, long position, boolean isReal) {
        fileBegunMs = binlogFile.equals(file) ? fileBegunMs : 0; // the new one's head says
        file = binlogFile;
        origin = null;
        nextPos = position;
        idlePos = 0;
        if (isReal && !isOpen) {
            relay.store(position()); // or an idle source's stored position would stay in a file that is purged one day
        }
    }

    void gtid(String text, long commitTsMs) {
        gtid = text;
        origin = null;
        tsMs = commitTsMs;
    }

    void begin() {
        if (isOpen && (row > 0 || xa.isHolding())) {
            throw new DataException(
                    "TR-C061",
                    place() + "the log breaks off in the middle of a transaction, of which " + row
                            + " changes of captured tables were read",
                    "compare the server's error log: a crash damaged the log; copy the source anew under another source-id");
        }
        isOpen = true;
        row = 0;
    }

    /** Begins an XA transaction, whose rows are held back until its outcome is known. */
    void beginXa(String sql) {
        begin();
        xa.start(sql, gtid == null ? file + ":" + eventPos : gtid);
    }

    /** Writes every row of a rows event. */
    void rows(TableBinding table, RawRows event, Op op) throws InterruptedException {
        TableName name = table.structure().name();
        boolean isLate = !xa.isHolding() && late != null && late.table(name) != null;
        if (!xa.isHolding() && (isInCopy(name) || (isLate && !table.encoder().hasKey()))) {
            return; // a late table without a key is read whole: what it has by then is not to come twice
        }
        hasLateRows |= isLate;
        int bitmap = (event.columns() + 7) / 8;
        int at = event.bitmaps();
        checkWhole(event, at);
        at += bitmap;
        if (op == Op.UPDATE) {
            checkWhole(event, at);
            at += bitmap;
        }
        RowEncoder encoder = table.encoder();
        if (table.isVersioned()) {
            try {
                versionedRows(table, event, op, at, isLate);
            } catch (RowTooLargeException e) {
                throw e.at(place(), relay.recordBytesMax());
            }
            return;
        }
        RowOrigin from = origin();
        byte[] body = event.body();
        boolean isLarge = event.end() - at > LARGE_BYTES;
        int index = 0;
        while (at < event.end()) {
            value.reset();
            key.reset();
            if (isLarge) {
                value.reserve(event.end() - at + VALUE_BYTES);
            }
            encoder.head(value, txn + 1, ++row);
            at = images(table, body, at, op, isLate);
            int tailAt = value.length();
            encoder.tail(value, op, tsMs, from, eventPos, index++, false);
            if (isLate) {
                touched(name, op);
            }
            if (isLarge && at >= event.end()) { // of a large row there are two copies at a time, never three
                event.release();
                body = NOTHING;
            }
            add(tailAt, isLarge);
        }
        counted(index);
    }

    private void add(int tailAt, boolean isLarge) throws InterruptedException {
        if (xa.isHolding()) {
            xa.add(key, value, tailAt);
            return;
        }
        byte[] record = value.toByteArray();
        if (isLarge) {
            value = newValue();
        }
        add(key.length() == 0 ? null : key.toByteArray(), record);
    }

    private void counted(int rows) {
        if (xa.isHolding()) {
            row = 0; // counted when they take effect
        } else {
            run.progress().rows(rows);
        }
    }

    private WireBuffer newValue() {
        return new WireBuffer(VALUE_BYTES, relay.recordBytesMax() + TAIL_BYTES);
    }

    private int images(TableBinding table, byte[] body, int from, Op op, boolean isLate) {
        int at = from;
        try {
            if (op == Op.INSERT) {
                table.encoder().noImage(value);
            } else {
                at = table.image(body, at, value, op == Op.DELETE ? key : isLate ? oldKey : null);
            }
            if (op == Op.DELETE) {
                table.encoder().noImage(value);
            } else {
                at = table.image(body, at, value, key);
            }
            requireFits(table, body);
            return at;
        } catch (RowTooLargeException e) {
            throw e.at(place(), relay.recordBytesMax());
        }
    }

    private void requireFits(TableBinding table, byte[] body) {
        if (value.length() > relay.recordBytesMax()) {
            throw table.tooLarge(body);
        }
    }

    /** Writes rows that were held back, as rows of the transaction that is being read. */
    void held(byte[] chunk) throws InterruptedException {
        MovedRow.Place place = new MovedRow.Place(tsMs, gtid, file, eventPos);
        long before = row;
        HeldRows.forEach(chunk, (rowKey, in, from, tailAt) -> {
            if ((copy != null || late != null) && isLeftOut(MovedRow.table(in, tailAt))) {
                return;
            }
            value.reset();
            MovedRow.write(value, in, from, tailAt, txn + 1, ++row, place);
            add(rowKey, value.toByteArray());
        });
        run.progress().rows(row - before);
    }

    private void add(byte @Nullable [] rowKey, byte[] rowValue) throws InterruptedException {
        unsent.add(rowKey, rowValue);
        if (unsent.bytes() >= UNSENT_BYTES) {
            flush();
        }
    }

    /** Hands over what was read of the transaction so far. */
    private void flush() throws InterruptedException {
        if (unsent.count() > 0) {
            relay.addAll(unsent);
        }
    }

    /** Decides about a row that was held back; of a late table not all its keys are known. */
    private boolean isLeftOut(TableName table) {
        LateTable state = late == null ? null : late.table(table);
        if (late != null && state != null) {
            hasLateRows = true;
            late.spoil();
        }
        return isInCopy(table) || (state != null && !state.isKeyed());
    }

    private void touched(TableName table, Op op) {
        if (late != null) {
            late.touched(table, key.toByteArray());
            if (op == Op.UPDATE) {
                late.touched(table, oldKey.toByteArray());
                oldKey.reset();
            }
        }
    }

    private RowOrigin origin() {
        RowOrigin known = origin;
        if (known == null) {
            known = RowOrigin.of(serverId, gtid, file);
            origin = known;
        }
        return known;
    }

    /** Of a system-versioned table only the present is carried: a row that ends is deleted, and its copy in the past is left out. */
    private void versionedRows(TableBinding table, RawRows event, Op logged, int from, boolean isLate)
            throws InterruptedException {
        RowEncoder encoder = table.encoder();
        RowOrigin place = origin();
        byte[] body = event.body();
        int index = 0;
        int at = from;
        while (at < event.end()) {
            int before = at;
            boolean wasPresent = false;
            boolean isPresent = false;
            if (logged != Op.INSERT) {
                value.reset();
                at = table.image(body, before, value, null);
                wasPresent = table.isPresent(body);
            }
            int after = at;
            if (logged != Op.DELETE) {
                value.reset();
                at = table.image(body, after, value, null);
                isPresent = table.isPresent(body);
            }
            if (!wasPresent && !isPresent) {
                continue;
            }
            Op op = !wasPresent ? Op.INSERT : isPresent ? Op.UPDATE : Op.DELETE;
            value.reset();
            key.reset();
            encoder.head(value, txn + 1, ++row);
            if (wasPresent) {
                table.image(body, before, value, op == Op.DELETE ? key : isLate ? oldKey : null);
            } else {
                encoder.noImage(value);
            }
            if (isPresent) {
                table.image(body, after, value, key);
            } else {
                encoder.noImage(value);
            }
            requireFits(table, body);
            int tailAt = value.length();
            encoder.tail(value, op, tsMs, place, eventPos, index++, false);
            if (isLate) {
                touched(table.structure().name(), op);
            }
            add(tailAt, false);
        }
        counted(index);
    }

    private static void checkWhole(RawRows event, int bitmap) {
        for (int i = 0; i < event.columns(); i++) {
            if ((event.body()[bitmap + i / 8] >> (i % 8) & 1) == 0) {
                throw new PartialImageException();
            }
        }
    }

    /** Writes a statement; inside a transaction (CREATE TABLE … SELECT) it becomes one of its own, which is no place to go on from. */
    void statement(String sql, StatementContext context, List<TouchedTable> tables) throws InterruptedException {
        flush();
        relay.add(
                null,
                run.codec()
                        .encode(new SchemaChange(
                                txn + 1, ++row, sql, context, tables, false, gtid, file, eventPos, tsMs)));
        if (isOpen) {
            relay.commit(commit(), null);
            txn++;
            row = 0;
        }
    }

    /** Ends the transaction; it is counted even when nothing of it is captured. */
    void end() throws InterruptedException {
        end(List.of());
    }

    /** @param done keys in the topic of prepared transactions that are not needed any more */
    void end(List<byte[]> done) throws InterruptedException {
        if (executed != null && gtid != null) {
            executed.advance(gtid);
        }
        Commit commit = commit();
        txn++;
        row = 0;
        isOpen = false;
        hasLateRows = false;
        gtid = null;
        origin = null;
        forgetCopy();
        flush();
        if (late != null && late.hasChanged()) { // by a statement: it has no prepared rows
            relay.transaction(storing(new RelayWriter.Transaction()), commit, position());
        } else {
            relay.commit(commit, position(), done);
        }
        run.progress().lag(System.currentTimeMillis() - tsMs);
    }

    /** True while the transaction lies before the moment at which some table was copied. */
    boolean isReplaying() {
        return copy != null && copy.replayUntil() != null && isCovered(copy.replayUntil());
    }

    /** True when the copy has read rows of a table at a later place than this. */
    boolean isReadLater(TableName table) {
        SourcePosition read = copy == null ? null : copy.readAt(table);
        return read != null && isCovered(read);
    }

    private Commit commit() {
        return new Commit(
                txn + 1, row + 1, txn + 1, row, gtid, null, file, nextPos, tsMs, false, hasLateRows || isReplaying());
    }

    /** True between two transactions. */
    boolean isBetween() {
        return !isOpen && gtid == null;
    }

    /** True when XA transactions wait for their outcome whose rows were read already. */
    boolean hasPrepared() {
        return !xa.prepared().isEmpty();
    }

    /** True when the stream has come to a place of the same server's log; asked between transactions. */
    boolean hasReached(SourcePosition place) {
        SourcePosition here = new SourcePosition(file, Math.max(nextPos, idlePos), null);
        return here.covers(new SourcePosition(place.file(), place.pos(), null));
    }

    /** Writes a transaction that is none of the log's, between two that are; its rows may be in the target already. */
    void insert(RelayWriter.Transaction transaction, long records) throws InterruptedException {
        txn++;
        Commit commit = new Commit(
                txn, records + 1, txn, records, null, null, file, nextPos, System.currentTimeMillis(), true, true);
        relay.transaction(storing(transaction), commit, position());
    }

    private RelayWriter.Transaction storing(RelayWriter.Transaction transaction) {
        if (late != null) {
            String sourceId = run.source().sourceId();
            late.takeChanged()
                    .forEach((table, state) -> transaction.store(
                            StoredTables.key(sourceId, table), state == null ? null : state.toJson()));
        }
        return transaction;
    }

    /** Where the stream stands, between transactions. */
    StoredPosition position() {
        String set = executed == null ? null : executed.toString();
        return new StoredPosition(
                txn, new SourcePosition(file, nextPos, set), serverUuid, tsMs, copy, fileBegunMs, xa.prepared());
    }

    /** True when a keyless table was copied later than this transaction: its rows are in the copy. */
    private boolean isInCopy(TableName table) {
        if (copy == null) {
            return false;
        }
        TableState state = copy.tables().get(table.quoted());
        return state != null && state.streamFrom() != null && isCovered(state.streamFrom());
    }

    private boolean isCovered(SourcePosition later) {
        if (gtid != null && later.gtidSet() != null) {
            return GtidSet.parse(later.gtidSet()).contains(GtidSet.parse(gtid));
        }
        return later.covers(new SourcePosition(file, nextPos, null));
    }

    private void forgetCopy() {
        SourcePosition until = copy == null ? null : copy.replayUntil();
        boolean isOver = copy != null
                && (until == null
                        || ((executed != null && until.gtidSet() != null)
                                ? executed.contains(GtidSet.parse(until.gtidSet()))
                                : !until.covers(new SourcePosition(file, nextPos, null))));
        if (isOver) {
            copy = null;
        }
    }

    /** For messages: source, GTID, file and offset. */
    String place() {
        return "source " + run.source().sourceId() + ", " + where() + ": ";
    }

    /** For messages: GTID, file and offset of the event being handled. */
    String where() {
        return (gtid == null ? "" : "GTID " + gtid + ", ") + file + ":" + eventPos;
    }

    /** A row image leaves columns out: the session had another binlog_row_image than FULL. */
    static final class PartialImageException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
