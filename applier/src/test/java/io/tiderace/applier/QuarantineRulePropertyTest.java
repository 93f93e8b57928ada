package io.tiderace.applier;

import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.Histories.Shape;
import io.tiderace.applier.QuarantineRule.Held;
import io.tiderace.applier.QuarantineRule.Split;
import io.tiderace.schemas.ChangeEvent.RowChange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: whichever changes the target refuses, the others are applied without meeting what waits, and whenever and in whatever order what hangs
 * together is replayed, the target ends as the source. Method: random histories, of which random changes are refused, onto a model target that
 * rejects duplicates and counts rows; random sets are replayed in between.
 */
class QuarantineRulePropertyTest {
    private final Map<QuarantinedChange.Id, QuarantinedChange> register = new TreeMap<>();
    private final Map<QuarantinedChange.Id, MappedRow> topic = new HashMap<>();

    @Property(tries = 3000)
    void whatWaitsAndWhatDoesNotNeverMeet(@ForAll long seed, @ForAll Shape shape) {
        register.clear();
        topic.clear();
        Random random = new Random(seed);
        Histories history = new Histories(shape, seed);
        ModelTarget target = history.source.copy();
        for (int group = 0; group < 12; group++) {
            List<MappedRow> rows = new ArrayList<>();
            for (int txn = 0; txn <= random.nextInt(5); txn++) {
                rows.addAll(history.transaction(1 + group * 10L + txn));
            }
            apply(target, hold(rows, random));
            while (!register.isEmpty() && random.nextInt(4) == 0) {
                replayOne(target, random);
            }
        }
        while (!register.isEmpty()) {
            replayOne(target, random);
        }
        assertThat(target.toString()).isEqualTo(history.source.toString());
    }

    /** What is to be applied of a group; the rest goes into the register. */
    private List<MappedRow> hold(List<MappedRow> rows, Random random) {
        Map<RowChange, String> refused = new IdentityHashMap<>();
        for (MappedRow row : rows) {
            if (random.nextInt(20) == 0) {
                @Nullable
                Object @Nullable [] image = row.change().after() != null
                        ? row.change().after()
                        : row.change().before();
                RowChange first = image == null ? null : QuarantineRule.firstOf(rows, image);
                refused.put(first == null ? row.change() : first, "refused");
            }
        }
        Split split = QuarantineRule.split(
                rows,
                key -> register.values().stream()
                        .anyMatch(change -> Arrays.stream(change.keys()).anyMatch(each -> each == key)),
                refused);
        for (Held held : split.held()) {
            RowChange change = held.row().change();
            QuarantinedChange waiting = new QuarantinedChange(
                    change.txn(),
                    change.txnRow(),
                    0,
                    held.row().mapping().target().name(),
                    "",
                    held.keys(),
                    held.reason(),
                    false);
            assertThat(register.put(waiting.id(), waiting)).isNull();
            topic.put(waiting.id(), held.row());
        }
        assertThat(split.applied().size() + split.held().size()).isEqualTo(rows.size());
        return split.applied();
    }

    private void replayOne(ModelTarget target, Random random) {
        List<List<QuarantinedChange>> sets = QuarantineRule.connected(List.copyOf(register.values()));
        assertThat(sets.stream().mapToInt(List::size).sum()).isEqualTo(register.size());
        List<QuarantinedChange> set = sets.get(random.nextInt(sets.size()));
        List<MappedRow> rows = new ArrayList<>();
        for (QuarantinedChange change : set) {
            rows.add(Objects.requireNonNull(topic.get(change.id())));
            register.remove(change.id());
        }
        apply(target, rows);
    }

    private static void apply(ModelTarget target, List<MappedRow> rows) {
        for (Write write : WritePlanner.plan(Compactor.compact(rows), false)) {
            assertThat(target.apply(write)).as("affected rows of %s", write).isTrue();
        }
    }
}
