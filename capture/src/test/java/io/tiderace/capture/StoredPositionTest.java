package io.tiderace.capture;

import io.tiderace.capture.StoredPosition.CopyState;
import io.tiderace.capture.StoredPosition.TableState;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.TableName;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: what is stored of a source is read as it was written, by this version and from earlier ones. Method: states there and back, and one of before. */
class StoredPositionTest {
    private static final TableName TABLE = new TableName("shop", "orders");
    private static final SourcePosition FIRST = new SourcePosition("binlog.000001", 157, null);
    private static final SourcePosition LATER = new SourcePosition("binlog.000001", 900, null);

    @Test
    void aCopyInSeveralViewsIsReadAsItWasWritten() {
        TableState table = new TableState(false, true, 7, 70, List.of(KeyRange.ALL), null, 1);
        CopyState copy =
                new CopyState(true, LATER, 7, 70, Map.of(TABLE.quoted(), table), List.of(LATER), "2026-01-31 12:00:00");
        StoredPosition stored = new StoredPosition(3, FIRST, "uuid", 5, copy);
        StoredPosition read = StoredPosition.ofJson("s", stored.toJson());
        assertThat(read).isEqualTo(stored);
        assertThat(copy.readAt(TABLE)).isEqualTo(LATER);
        assertThat(copy.readAt(new TableName("shop", "other"))).isNull();
    }

    @Test
    void whatAnEarlierVersionWroteIsRead() {
        String json = """
                {"txn":3,"position":{"file":"binlog.000001","pos":157},"serverUuid":"uuid","tsMs":5,"copy":{"isReading":true,"rows":7,"bytes":70,
                "tables":{"`shop`.`orders`":{"rows":7,"bytes":70,"ranges":[{}]}}}}""";
        StoredPosition read = StoredPosition.ofJson("s", json.getBytes(StandardCharsets.UTF_8));
        assertThat(read.copy()).isNotNull();
        assertThat(read.copy().watchedFrom()).isNull();
        assertThat(read.copy().readAt(TABLE)).isNull();
        assertThat(read.copy().tables().get(TABLE.quoted()).missing()).isEqualTo(CopyRanges.ALL);
    }

    @Test
    void atAnotherServerTheTablesAreDefinedAtOtherTimes() {
        CopyState copy = CopyState.begun("2026-01-31 12:00:00");
        SourcePosition at = new SourcePosition("binlog.000001", 157, "");
        StoredPosition moved = new StoredPosition(3, at, "uuid", 5, copy).movedTo("other");
        assertThat(moved.copy()).isEqualTo(CopyState.begun(null));
    }
}
