package io.tiderace.applier;

import io.tiderace.applier.TargetSession.CheckpointKey;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.RowSource;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.tiderace.applier.SimulatedSource.GOODS;
import static io.tiderace.applier.SimulatedSource.OWNERS;
import static org.assertj.core.api.Assertions.assertThat;

/** Goal: what is replayed meets foreign keys as it would have as it came. Method: the simulation's target, which checks them. */
class QuarantineToolTest {
    private static final CheckpointKey KEY = new CheckpointKey("task", "s1");

    private final List<ConsumerRecord<byte[], byte[]>> topic = new ArrayList<>();
    private final List<QuarantinedChange> changes = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCopiedChildMayWaitBeforeItsParentAndCheckedChangesBehindBoth(boolean optimistic) throws Exception {
        SimulatedTarget target = new SimulatedTarget(new Random(1), optimistic);
        SimulatedSource.structures().forEach(target::create);
        target.checksForeignKeys = true;
        waits(target, false, GOODS, Op.READ, null, 1, 1);
        waits(target, false, GOODS, Op.READ, null, 2, 2);
        waits(target, false, OWNERS, Op.READ, null, 1);
        waits(target, false, OWNERS, Op.READ, null, 2);
        waits(target, true, GOODS, Op.INSERT, null, 1, 1); // the copy has it already
        waits(target, false, GOODS, Op.INSERT, null, 3, 1);
        waits(target, false, OWNERS, Op.DELETE, new @Nullable Object[] {2});
        try (TargetSession session = target.session()) {
            session.addQuarantined(KEY, changes);
            session.commit();
        }
        Backoff backoff = new Backoff("test", Duration.ofSeconds(1), () -> false, reason -> {}, Time.SYSTEM);
        try (QuarantineTool tool = new QuarantineTool(target.of("operator"), "task", backoff)) {
            List<QuarantineTool.Entry> entries = tool.list("s1");
            assertThat(entries).hasSize(1);
            tool.replay(new Topic(), SimulatedSource.codec(), entries.get(0));
        }
        assertThat(target.tables().rows(GOODS).values().stream().map(Arrays::toString))
                .containsExactlyInAnyOrder("[1, 1]", "[3, 1]");
        assertThat(target.tables().rows(OWNERS).values().stream().map(Arrays::toString))
                .containsExactly("[1]");
        assertThat(target.quarantined()).isEmpty();
    }

    private void waits(
            SimulatedTarget target,
            boolean replay,
            TableName table,
            Op op,
            @Nullable Object @Nullable [] before,
            @Nullable Object... after) {
        TableStructure structure =
                SimulatedSource.structure(Objects.requireNonNull(target.tables().structure(table)));
        int number = changes.size() + 1;
        RowSource source = new RowSource("bank", table.table(), 1, null, "bin.000001", 4, 0, 0, op == Op.READ);
        RowChange change = new RowChange(number, 1, structure, op, before, after.length == 0 ? null : after, 0, source);
        RecordCodec codec = SimulatedSource.codec();
        byte[] value = codec.encodeRow(codec.rowEncoder("s1", structure), change);
        topic.add(new ConsumerRecord<>("quarantine", 0, topic.size(), null, value));
        changes.add(new QuarantinedChange(number, 1, topic.size() - 1, table, "", new long[] {1}, "why", replay));
    }

    private final class Topic implements QuarantineLog {
        @Override
        public List<Long> append(List<Entry> entries) {
            throw new IllegalStateException("nothing is put into quarantine");
        }

        @Override
        public List<ConsumerRecord<byte[], byte[]>> read(List<Long> offsets) {
            return offsets.stream().map(offset -> topic.get(offset.intValue())).toList();
        }

        @Override
        public void close() {}
    }
}
