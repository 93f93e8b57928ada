package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import io.tiderace.capture.BinlogEvents.StatementEvent;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.TableName;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: a transaction of the new server that the former one cannot have had is found by its place in the log, others are not suspected. */
class ErrantSearchTest {
    private static final String OLD = "00000000-0000-0000-0000-00000000000a";
    private static final String NEW = "00000000-0000-0000-0000-00000000000b";

    private final ErrantSearch search =
            new ErrantSearch(GtidSet.parse(OLD + ":1-10," + NEW + ":1-3"), table -> table.schema()
                    .equals("d"));

    private void rows(String gtid, String schema) {
        search.transaction(new LogScan.Transaction(
                "b.1", 4, 5, gtid, 0, Map.of(new TableName(schema, "t"), new TableMapEventData()), List.of()));
    }

    private void statement(String gtid, String sql) {
        StatementEvent event = new StatementEvent(() -> new StatementContext("d", "", null, null, null), false);
        event.setDatabase("d");
        event.setSql(sql);
        search.transaction(new LogScan.Transaction("b.1", 4, 5, gtid, 0, Map.of(), List.of(event)));
    }

    @Test
    void localChangesBeforeCapturedOnesAreErrant() {
        rows(OLD + ":9", "d");
        rows(NEW + ":4", "d");
        statement(NEW + ":5", "ALTER TABLE t ADD a INT");
        statement(NEW + ":6", "TRUNCATE t");
        rows(OLD + ":10", "other");
        rows(NEW + ":7", "d"); // after everything captured: the new primary's own
        assertThat(search.errant()).isEqualTo(GtidSet.parse(NEW + ":4-6"));
        assertThat(search.places())
                .hasSize(3)
                .first()
                .asString()
                .contains(NEW + ":4")
                .contains("d.t");
    }

    @Test
    void ofMariaDbTheServerInTheMiddleIsTheOrigin() {
        ErrantSearch ofMariaDb = new ErrantSearch(GtidSet.parse("0-1-10"), table -> true);
        for (String gtid : new String[] {"0-1-9", "5-2-1", "7-1-1", "0-1-10", "0-2-11"}) {
            ofMariaDb.transaction(new LogScan.Transaction(
                    "b.1", 4, 5, gtid, 0, Map.of(new TableName("d", "t"), new TableMapEventData()), List.of()));
        }
        assertThat(ofMariaDb.errant()).isEqualTo(GtidSet.parse("5-2-1"));
    }

    @Test
    void whatChangesNoCapturedTableIsNot() {
        rows(NEW + ":4", "other");
        statement(NEW + ":5", "CREATE USER u");
        statement(NEW + ":6", "ALTER TABLE other.t ADD a INT");
        rows(OLD + ":10", "d");
        assertThat(search.errant().isEmpty()).isTrue();
    }

    @Test
    void transactionsOfOneOriginMayChangePlaces() {
        rows(OLD + ":11", "d");
        rows(OLD + ":10", "d");
        assertThat(search.errant().isEmpty()).isTrue();
    }

    @Test
    void theChangesOfAFormerPrimaryAreCaptured() {
        rows(NEW + ":3", "d");
        rows(OLD + ":10", "d");
        rows(NEW + ":4", "d");
        assertThat(search.errant().isEmpty()).isTrue();
    }
}
