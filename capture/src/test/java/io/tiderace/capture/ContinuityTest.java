package io.tiderace.capture;

import io.tiderace.capture.Continuity.Server;
import io.tiderace.capture.Continuity.Verdict;
import io.tiderace.capture.SourceLog.LogFile;
import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TideraceException.SourceException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: capture goes on only on a server that has all that was captured and still has all that comes next. */
class ContinuityTest {
    private static final String OLD = "00000000-0000-0000-0000-00000000000a";
    private static final String NEW = "00000000-0000-0000-0000-00000000000b";
    private static final List<LogFile> FILES = List.of(new LogFile("b.000003", 500), new LogFile("b.000004", 200));

    private final Continuity continuity = new Continuity("s", "h:1");

    private static StoredPosition stored(String file, long pos, @Nullable String set) {
        return new StoredPosition(7, new SourcePosition(file, pos, set), OLD, 0, null);
    }

    private static Server server(String uuid, String executed, String purged) {
        return new Server(uuid, true, GtidSet.parse(executed), GtidSet.parse(purged), FILES);
    }

    private static Server withoutGtids(String uuid) {
        return new Server(uuid, false, GtidSet.empty(), GtidSet.empty(), FILES);
    }

    private void refused(StoredPosition position, Server server, String code, String... words) {
        assertThatThrownBy(() -> continuity.judge(position, server))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining(code)
                .satisfies(error ->
                        assertThat(error.getMessage()).contains(words.length == 0 ? new String[] {code} : words));
    }

    @Test
    void theSameServerGoesOn() {
        assertThat(continuity.judge(stored("b.000004", 100, OLD + ":1-5"), server(OLD, OLD + ":1-9", OLD + ":1-3")))
                .isEqualTo(Verdict.GO_ON);
        assertThat(continuity.judge(stored("b.000003", 500, null), withoutGtids(OLD)))
                .isEqualTo(Verdict.GO_ON);
        assertThat(continuity.judge(stored("b.000003", 4, null), server(OLD, OLD + ":1-9", "")))
                .isEqualTo(Verdict.GO_ON);
        // known by its GTID set alone, and idle since before the file was purged
        assertThat(continuity.judge(stored("", 4, OLD + ":1-5"), server(OLD, OLD + ":1-5", OLD + ":1-5")))
                .isEqualTo(Verdict.GO_ON);
        assertThat(continuity.judge(stored("b.000001", 9, OLD + ":1-5"), server(OLD, OLD + ":1-5", OLD + ":1-5")))
                .isEqualTo(Verdict.GO_ON);
    }

    @Test
    void aFileOfTheSameNameThatWasBegunLaterIsAnother() {
        continuity.requireBegun("b.000004", 1000, 1000);
        assertThatThrownBy(() -> continuity.requireBegun("b.000004", 1000, 2000))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("TR-C017")
                .hasMessageContaining("b.000004 was begun at 1970-01-01T00:00:02Z");
    }

    @Test
    void anotherServerMovesOrWaits() {
        StoredPosition position = stored("b.000099", 999, OLD + ":1-5");
        assertThat(continuity.judge(position, server(NEW, OLD + ":1-5," + NEW + ":1-2", OLD + ":1-4")))
                .isEqualTo(Verdict.MOVE);
        Server lagging = server(NEW, OLD + ":1-3", "");
        assertThat(continuity.judge(position, lagging)).isEqualTo(Verdict.WAIT);
        assertThat(continuity.lacking(position, lagging))
                .hasMessageContaining("TR-C054")
                .hasMessageContaining(OLD + ":4-5");
    }

    @Test
    void whatComesNextWasPurged() {
        refused(stored("b.000001", 9, OLD + ":1-5"), server(OLD, OLD + ":1-9", OLD + ":1-7"), "TR-C017", OLD + ":6-7");
        refused(stored("", 4, OLD + ":1-5"), server(NEW, OLD + ":1-9", OLD + ":1-7"), "TR-C017", OLD + ":6-7");
        refused(stored("b.000002", 4, null), withoutGtids(OLD), "TR-C017", "b.000002 was purged");
    }

    @Test
    void theLogWasReset() {
        refused(stored("b.000004", 100, OLD + ":1-5"), server(OLD, OLD + ":1-4", ""), "TR-C017", OLD + ":5");
        refused(stored("b.000005", 4, OLD + ":1-5"), server(OLD, OLD + ":1-9", ""), "TR-C017", "ends with b.000004");
        refused(stored("b.000003", 501, null), withoutGtids(OLD), "TR-C017", "has 500 bytes", "501");
    }

    @Test
    void filesMeanNothingOnAnotherServer() {
        refused(stored("b.000003", 4, null), withoutGtids(NEW), "TR-C056", OLD, NEW, "b.000003:4");
        refused(stored("b.000003", 4, null), server(NEW, OLD + ":1-9", ""), "TR-C056");
        refused(stored("b.000003", 4, OLD + ":1-5"), withoutGtids(NEW), "TR-C056", "without GTIDs");
        refused(stored("b.000003", 4, OLD + ":1-5"), withoutGtids(OLD), "TR-C056", "gtid_mode=ON");
    }
}
