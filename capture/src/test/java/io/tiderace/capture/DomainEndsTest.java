package io.tiderace.capture;

import io.tiderace.schemas.GtidSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: a MariaDB server takes over only where it has the very transactions at which capture stopped, not just their numbers. */
class DomainEndsTest {
    private static List<String> missing(String captured, String before, String... log) {
        DomainEnds ends = new DomainEnds(GtidSet.parse(captured), GtidSet.parse(before));
        for (String gtid : log) {
            ends.transaction(new LogScan.Transaction("b.000002", 7, 9, gtid, 0, Map.of(), List.of()));
        }
        return ends.missing();
    }

    @Test
    void whatIsInTheLogOrEndsTheFileBeforeIsThere() {
        assertThat(missing("0-1-44", "0-1-44")).isEmpty();
        assertThat(missing("0-1-44", "0-1-44", "0-2-45")).isEmpty();
        assertThat(missing("0-1-44", "0-1-40", "0-1-41", "0-1-44", "0-2-45")).isEmpty();
        assertThat(missing("0-1-44,7-2-3", "0-1-40,7-2-3", "0-1-44")).isEmpty();
        assertThat(missing("", "")).isEmpty();
    }

    @Test
    void theNumberOfAnotherServerIsNot() {
        assertThat(missing("0-1-44", "0-1-43", "0-2-44", "0-2-45"))
                .containsExactly("0-1-44 (it has GTID 0-2-44, b.000002:7)");
        assertThat(missing("0-1-44", "0-2-44")).containsExactly("0-1-44 (its log begins after 0-2-44)");
    }

    @Test
    void aLogThatBeginsLaterIsNamed() {
        assertThat(missing("0-1-44,3-1-9", "3-1-9", "0-1-51"))
                .containsExactly("0-1-44 (it has GTID 0-1-51, b.000002:7)");
        assertThat(missing("0-1-44", "3-1-9")).containsExactly("0-1-44 (it has none of this domain)");
    }
}
