package io.tiderace.applier;

import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.Intake.Input;
import io.tiderace.applier.Work.Prepared;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: what is caught up goes at once and together, what is behind in large groups on as many lanes as it fills, and nothing is left. */
class OpenGroupTest {
    private final OpenGroup group = new OpenGroup(1);

    @Test
    void whatWasReadTogetherGoesTogether() {
        add(10);
        assertThat(group.isReady(0, Input.ARRIVING)).isFalse();
        add(10);
        assertThat(group.isReady(0, Input.NONE)).isTrue();
        assertThat(group.isReady(0, Input.AT_HAND)).isTrue();
        assertThat(group.transactions()).hasSize(2);
    }

    @Test
    void someMoreGathersWhileAGroupIsOnItsWay() {
        add(500);
        assertThat(group.isReady(1, Input.NONE)).isFalse();
        assertThat(group.isReady(0, Input.NONE)).isTrue();
        add(500);
        assertThat(group.isReady(1, Input.ARRIVING)).isTrue();
        assertThat(group.isReady(2, Input.ARRIVING)).isFalse();
    }

    @Test
    void aLargeGroupNeedsNoIdleTarget() {
        add(2_999);
        assertThat(group.isReady(15, Input.ARRIVING)).isFalse();
        assertThat(group.hasRoom(prepared(2, 0))).isFalse();
        assertThat(group.isReady(15, Input.ARRIVING)).isTrue();
    }

    @Test
    void wideRowsFillAGroupToo() {
        group.add(prepared(1, 1 << 20));
        assertThat(group.isReady(1, Input.ARRIVING)).isTrue();
        assertThat(group.isReady(7, Input.ARRIVING)).isFalse();
        group.add(prepared(1, 3 << 20));
        assertThat(group.isReady(7, Input.ARRIVING)).isTrue();
        assertThat(group.hasRoom(prepared(1, 1))).isFalse();
    }

    @Test
    void aTransactionOfAnySizeHasRoomInAGroupOfItsOwn() {
        assertThat(group.hasRoom(prepared(100_000, 32 << 20))).isTrue();
    }

    @Test
    void noGroupIsPassedForEver() {
        add(200);
        group.pass();
        assertThat(group.isReady(3, Input.NONE)).isFalse();
        group.pass();
        assertThat(group.isReady(3, Input.NONE)).isTrue();
    }

    private void add(int rows) {
        group.add(prepared(rows, rows));
    }

    private static Prepared prepared(int rows, long bytes) {
        Step.Mark mark = new Step.Mark(1, 1, rows, null, 1);
        List<MappedRow> none = Collections.nCopies(rows, new MappedRow(null, null, 0));
        return new Prepared(
                new Step.Rows(mark, List.of(), List.of(), false, bytes), none, new long[0], false, false, null);
    }
}
