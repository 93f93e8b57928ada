package io.tiderace.applier;

import io.tiderace.config.TaskConfig.OnDataError;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.DataException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class QuarantineTest {
    private static final TableName TABLE = new TableName("shop", "orders");

    private static QuarantinedChange change(int row) {
        return new QuarantinedChange(1, row, row, TABLE, "id = " + row, new long[] {row}, "too long", false);
    }

    @Test
    void thereIsRoomForSoMany() {
        List<QuarantinedChange> changes = new ArrayList<>();
        for (int row = 1; row < Quarantine.CHANGES_MAX; row++) {
            changes.add(change(row));
        }
        CheckpointStore.Claim claim = new CheckpointStore.Claim(
                1, AppliedPosition.START, new AppliedRanges(), new Quarantine.Register(0, changes));
        Quarantine quarantine = new Quarantine(
                new CheckpointStore("task", "s1"),
                claim,
                OnDataError.QUARANTINE,
                new SimulatedQuarantineLog(new Random(1), new SimulatedSource(new Random(1), false, 1, false, false)));
        quarantine.requireRoom(1, "too long");
        quarantine.add(List.of(change(Quarantine.CHANGES_MAX)));
        assertThat(quarantine.size()).isEqualTo(Quarantine.CHANGES_MAX);
        assertThatThrownBy(() -> quarantine.requireRoom(1, "too long"))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A029")
                .hasMessageContaining("10000 changes of source s1")
                .hasMessageContaining("too long");
    }
}
