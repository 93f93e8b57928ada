package io.tiderace.capture;

import io.tiderace.capture.LateTables.Look;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.SourceException;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Copies a table that cannot be read in ranges while the stream goes on. It is read at exactly one place of the log; the stream comes to that place
 * and waits there, so that before it nothing of the table is in the relay and behind it every change is. All of it becomes visible at once.
 */
final class WholeTableCopy {
    private static final int ATTEMPTS_MAX = 100;
    private static final long PAUSE_MS = 200;

    private final CaptureRun run;
    private final LateTables late;
    private final StreamBoundary boundary;
    private final LateLog log;
    private final BooleanSupplier isStopping;
    private boolean isHeld;

    WholeTableCopy(CaptureRun run, LateTables late, StreamBoundary boundary, LateLog log, BooleanSupplier isStopping) {
        this.run = run;
        this.late = late;
        this.boundary = boundary;
        this.log = log;
        this.isStopping = isStopping;
    }

    private record Begun(SourcePosition place, Look look) {}

    /** @return false when it was told to stop */
    boolean copy(LateSnapshot snapshot, TableName table) throws SQLException, InterruptedException {
        for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
            // the stream stands still meanwhile, so the place is not behind it
            Optional<Begun> begun = boundary.<Optional<Begun>, SQLException>work(null, isStopping, () -> {
                SourcePosition place = snapshot.beginExactly(table);
                if (place == null) {
                    return Optional.empty();
                }
                boundary.gate(place);
                return Optional.of(new Begun(place, late.look(List.of(table))));
            });
            if (begun == null) {
                return false;
            }
            if (begun.isPresent()) {
                return read(snapshot, table, begun.get());
            }
            Thread.sleep(PAUSE_MS); // the stream goes on between two attempts
        }
        throw new SourceException(
                "TR-C042",
                "source " + run.source().sourceId() + ": table " + table
                        + " has no primary key, and without a lock the source did not stay still long enough to read it at one"
                        + " position",
                "GRANT LOCK TABLES ON *.* TO '" + run.source().from().user()
                        + "'@'%' for the time of the copy, or give the table a primary key, or start when fewer changes come");
    }

    private boolean read(LateSnapshot snapshot, TableName table, Begun begun)
            throws SQLException, InterruptedException {
        try {
            TableStructure structure = boundary.work(
                    begun.place, isStopping, () -> late.table(table) == null ? null : log.structure(table));
            if (structure == null) {
                return !isStopping.getAsBoolean(); // a statement has taken it away
            }
            LateCopy.requireSame(run, snapshot.shape(table), structure);
            RangeReader reader = new RangeReader(
                    run.source().sourceId(),
                    run.codec().rowEncoder(run.source().sourceId(), structure),
                    null,
                    begun.place,
                    run.relay().recordBytesMax());
            reader.read(
                    snapshot.reading(),
                    KeyRange.ALL,
                    Long.MAX_VALUE,
                    (chunk, isEnd) -> deliver(table, begun, chunk, isEnd) || end(snapshot));
            return !isStopping.getAsBoolean();
        } catch (SQLException e) {
            if (isHeld) {
                throw new HalfCopiedException(table, e);
            }
            throw e;
        } finally {
            boundary.gate(null);
        }
    }

    private boolean deliver(TableName table, Begun begun, EncodedChunk chunk, boolean isEnd)
            throws InterruptedException {
        Boolean isWritten = boundary.work(begun.place, isStopping, () -> {
            LateTable state = Objects.requireNonNull(late.table(table), "the stream did not wait");
            if (!isEnd && !isHeld) {
                run.relay().hold(table);
                isHeld = true;
            }
            LateTable after = isEnd ? null : state.counted(chunk.rows());
            log.chunk(table, chunk, begun.look, after, isEnd && isHeld);
            return true;
        });
        return isWritten != null;
    }

    /** Closing the result would read the rest of the table. */
    private static boolean end(LateSnapshot snapshot) {
        snapshot.abort();
        return false;
    }

    /** What is in an open Kafka transaction cannot be taken back alone: the run has to begin anew. */
    static final class HalfCopiedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        HalfCopiedException(TableName table, SQLException cause) {
            super("table " + table + " was being copied as a whole", cause);
        }
    }
}
