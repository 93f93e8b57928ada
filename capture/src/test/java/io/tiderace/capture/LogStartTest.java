package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.EventType;
import io.tiderace.schemas.SourcePosition;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: events count from the stored position on, and only those of the file that was stored. */
class LogStartTest {
    private static final long FAR = 5L << 30;

    private static EventHeaderV4 header(EventType type) {
        EventHeaderV4 header = new EventHeaderV4();
        header.setEventType(type);
        return header;
    }

    @Test
    void whatLiesBeforeAFarPositionIsPassedOver() {
        LogStart start = new LogStart(new SourcePosition("b.000001", FAR, null), 7);
        assertThat(start.isBefore(header(EventType.ROTATE), 0)).isFalse();
        assertThat(start.isBefore(header(EventType.FORMAT_DESCRIPTION), 4)).isFalse();
        assertThat(start.isBefore(header(EventType.EXT_WRITE_ROWS), 200)).isTrue();
        assertThat(start.tooShort()).contains("b.000001").contains(Long.toString(FAR));
        assertThat(start.isBefore(header(EventType.XID), FAR - 31)).isTrue();
        assertThat(start.isBefore(header(EventType.GTID), FAR)).isFalse();
        assertThat(start.tooShort()).isNull();
        assertThat(start.isBefore(header(EventType.QUERY), 200)).isFalse();
    }

    @Test
    void nothingButTheNextFileMayFollow() {
        LogStart start = new LogStart(new SourcePosition("b.000001", FAR, null), 7);
        assertThat(start.isBefore(header(EventType.ROTATE), 0)).isFalse();
        assertThat(start.isBefore(header(EventType.XID), FAR - 31)).isTrue();
        assertThat(start.isBefore(header(EventType.ROTATE), FAR)).isFalse();
        assertThat(start.tooShort()).isNull();
    }

    @Test
    void nothingIsPassedOverWhereTheServerBeginsAtThePlace() {
        LogStart near = new LogStart(new SourcePosition("b.000001", 1000, null), 7);
        LogStart gtids = new LogStart(new SourcePosition("b.000001", FAR, "u:1-5"), 7);
        assertThat(near.isBefore(header(EventType.QUERY), 4)).isFalse();
        assertThat(gtids.isBefore(header(EventType.QUERY), 4)).isFalse();
        assertThat(gtids.otherFile(8)).as("the server compares GTIDs").isNull();
    }

    @Test
    void aFileBegunAtAnotherTimeIsAnotherFile() {
        SourcePosition position = new SourcePosition("b.000001", 1000, null);
        assertThat(new LogStart(position, 7000).otherFile(9000))
                .contains("b.000001")
                .contains("1970-01-01T00:00:07Z")
                .contains("1970-01-01T00:00:09Z");
        assertThat(new LogStart(position, 7000).otherFile(7000)).isNull();
        assertThat(new LogStart(position, 0).otherFile(7000)).isNull();
        LogStart start = new LogStart(position, 7000);
        assertThat(start.otherFile(7000)).isNull();
        assertThat(start.otherFile(8000)).as("the file after it").isNull();
    }
}
