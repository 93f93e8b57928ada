package io.tiderace.capture;

import io.tiderace.schemas.SourcePosition;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.Tuple.Tuple2;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: offsets beyond 4 GiB are known although headers have 32 bits. Method: files of any events, some of them left out by the server. */
class LogOffsetsPropertyTest {
    private static final long GIB = 1L << 30;

    @Provide
    Arbitrary<List<Tuple2<Long, Boolean>>> events() {
        Arbitrary<Long> lengths = Arbitraries.longs().between(19, GIB).edgeCases(edges -> edges.add(GIB));
        return Arbitraries.frequencyOf(
                        Tuple.of(5, lengths.map(length -> Tuple.of(length, true))),
                        Tuple.of(1, lengths.map(length -> Tuple.of(length, false))))
                .list()
                .ofMaxSize(40);
    }

    @Property
    void everyEventsEndIsItsOffset(@ForAll("events") List<Tuple2<Long, Boolean>> events) {
        long real = 4;
        long known = 4;
        for (Tuple2<Long, Boolean> event : events) {
            real += event.get1();
            boolean isSent = event.get2() || real - known > 3 * GIB;
            if (isSent) {
                known = LogOffsets.end(known, event.get1(), real & 0xffffffffL);
                assertThat(known).isEqualTo(real);
                assertThat(LogOffsets.end(known, 47, 0))
                        .as("an event that is not in the file")
                        .isEqualTo(known);
            }
        }
    }

    @Test
    void anEventMayEndWhereTheLowBitsAreZero() {
        assertThat(LogOffsets.end(4 * GIB - 100, 100, 0)).isEqualTo(4 * GIB);
        assertThat(LogOffsets.end(4 * GIB, 50, 50)).isEqualTo(4 * GIB + 50);
        assertThat(LogOffsets.end(12 * GIB - 1, 50, 49)).isEqualTo(12 * GIB + 49);
    }

    @Test
    void insideATransactionAnEventMayHaveNoPlace() {
        assertThat(LogOffsets.endInside(500, 40, 0)).isEqualTo(540);
        assertThat(LogOffsets.endInside(500, 40, 540)).isEqualTo(540);
        assertThat(LogOffsets.endInside(4 * GIB - 40, 40, 0)).isEqualTo(4 * GIB);
    }

    @Test
    void aStartBeyondTheProtocolBeginsAtTheFilesHead() {
        assertThat(LogOffsets.dumpFrom(4 * GIB - 1)).isEqualTo(4 * GIB - 1);
        assertThat(LogOffsets.dumpFrom(4 * GIB)).isEqualTo(4);
        assertThat(LogOffsets.skipUntil(new SourcePosition("b.1", 4 * GIB, null)))
                .isEqualTo(4 * GIB);
        assertThat(LogOffsets.skipUntil(new SourcePosition("b.1", 4 * GIB - 1, null)))
                .isZero();
        assertThat(LogOffsets.skipUntil(new SourcePosition("b.1", 5 * GIB, "u:1")))
                .isZero();
    }
}
