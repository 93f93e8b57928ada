package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.EventType;
import io.tiderace.schemas.SourcePosition;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether the log that comes is the one that the stored position is of, and from where in it events count: a position beyond what the protocol can
 * say is reached by reading the file from its beginning. Used by the one thread that reads the log.
 */
final class LogStart {
    private final SourcePosition from;
    private final long begunMs;
    private long skipUntil;
    private boolean isChecked;

    /**
     * @param from where the log is read from
     * @param begunMs when that file was begun, 0 when it is not known
     */
    LogStart(SourcePosition from, long begunMs) {
        this.from = from;
        this.begunMs = from.gtidSet() == null ? begunMs : 0; // with GTIDs the server compares
        skipUntil = LogOffsets.skipUntil(from);
    }

    /** True for events that lie before the place to begin at. */
    boolean isBefore(EventHeaderV4 header, long eventPos) {
        if (eventPos >= skipUntil) {
            skipUntil = 0;
        }
        boolean isOfFile =
                header.getEventType() == EventType.ROTATE || header.getEventType() == EventType.FORMAT_DESCRIPTION;
        return skipUntil != 0 && !isOfFile;
    }

    /** What is wrong when the first file is another one of the same name, as after RESET; null when nothing is. */
    @Nullable
    String otherFile(long fileBegunMs) {
        boolean isOther = !isChecked && begunMs != 0 && begunMs != fileBegunMs;
        isChecked = true;
        return isOther
                ? "file " + from.file() + " was begun at " + Instant.ofEpochMilli(fileBegunMs)
                        + ", the one that was captured at " + Instant.ofEpochMilli(begunMs)
                        + ": the log was reset, or this is another server"
                : null;
    }

    /** What is wrong when the file ends now; null when nothing is. */
    @Nullable
    String tooShort() {
        return skipUntil == 0
                ? null
                : "file " + from.file() + " ends before offset " + skipUntil + ", where the log is to be read from";
    }
}
