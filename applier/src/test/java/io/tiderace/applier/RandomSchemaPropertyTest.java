package io.tiderace.applier;

import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.RowSource;
import io.tiderace.schemas.Op;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: whatever the tables' keys and columns at both ends, any interleaving of groups leaves the target with the source's rows, meets no duplicate
 * and finds every row it expects. Method: random schemas, random histories of single-row changes, swaps of unique values and changes of keys through
 * keys, groups, compactor and planner into the simulation's target.
 */
class RandomSchemaPropertyTest {
    @Property(tries = 4000)
    void anyInterleavingOfGroupsGivesTheSourcesRows(@ForAll long seed) {
        Random random = new Random(seed);
        RandomSchema schema = RandomSchema.random(random);
        World world = new World(schema, random);
        for (int txn = 1; txn <= 30; txn++) {
            world.transaction(txn);
        }
        world.drain();
        assertThat(world.targetRows()).as("%s", schema).isEqualTo(world.sourceRows());
    }

    private static final class World {
        private final RandomSchema schema;
        private final Random random;
        private final RowMapping mapping;
        private final SimulatedTables source = new SimulatedTables();
        private final SimulatedTarget target;
        private final ByKeysPropertyTest.Lanes lanes;
        private List<MappedRow> open = new ArrayList<>();
        private long nextRow = 1;

        World(RandomSchema schema, Random random) {
            this.schema = schema;
            this.random = random;
            this.mapping = RowMapping.of(schema.structure(), schema.target());
            this.target = new SimulatedTarget(new Random(1), false);
            source.create(schema.source());
            target.create(schema.target());
            this.lanes = new ByKeysPropertyTest.Lanes(random, this::commit);
        }

        void transaction(long txn) {
            for (int i = random.nextInt(4); i >= 0; i--) {
                change(txn);
            }
            lanes.offer(ByKeysPropertyTest.prepared(txn, open));
            open = new ArrayList<>();
        }

        void drain() {
            lanes.drain();
        }

        private void commit(List<MappedRow> group) {
            try (TargetSession session = target.session()) {
                for (Write write : WritePlanner.plan(Compactor.compact(group), false)) {
                    long affected = session.write(write);
                    assertThat(write.expected()).as("rows of %s", write).isIn(-1L, affected);
                }
                session.commit();
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        }

        private void change(long txn) {
            Map<Long, @Nullable Object[]> rows = source.rows(RandomSchema.NAME);
            int kind = random.nextInt(10);
            if (rows.isEmpty() || kind < 4) {
                put(txn, nextRow++, null, schema.image(random));
                return;
            }
            List<Long> ids = List.copyOf(rows.keySet());
            long id = ids.get(random.nextInt(ids.size()));
            @Nullable Object[] before = rows.get(id);
            if (before == null) {
                return;
            }
            if (kind < 6) {
                put(txn, id, before, null);
            } else {
                @Nullable Object[] fresh = schema.image(random);
                @Nullable Object[] after = before.clone();
                for (int i = 0; i < after.length; i++) {
                    after[i] = random.nextInt(3) == 0 ? fresh[i] : after[i];
                }
                put(txn, id, before, after);
            }
        }

        /** As far as the source's own keys allow it. */
        private void put(long txn, long id, @Nullable Object @Nullable [] before, @Nullable Object @Nullable [] after) {
            Map<Long, @Nullable Object[]> rows = source.rows(RandomSchema.NAME);
            if (before != null) {
                rows.remove(id);
            }
            if (after != null && source.conflict(RandomSchema.NAME, after) != null) {
                if (before != null) {
                    rows.put(id, before);
                }
                return;
            }
            if (after != null) {
                rows.put(id, after);
            }
            Op op = before == null ? Op.INSERT : (after == null ? Op.DELETE : Op.UPDATE);
            RowSource place = new RowSource("shop", "t", 1, null, "bin.000001", 4, 0, 0, false);
            RowChange change = new RowChange(txn, open.size() + 1L, schema.structure(), op, before, after, 0, place);
            open.add(new MappedRow(mapping, change, 0));
        }

        List<String> sourceRows() {
            return source.rows(RandomSchema.NAME).values().stream()
                    .map(Arrays::toString)
                    .sorted()
                    .toList();
        }

        /** What the target has, as the source writes it; generated columns checked. */
        List<String> targetRows() {
            List<String> result = new ArrayList<>();
            for (@Nullable
            Object[] row : target.tables().rows(RandomSchema.NAME).values()) {
                @Nullable
                Object[] image = new @Nullable Object[schema.source().columns().size()];
                for (int i = 0; i < image.length; i++) {
                    image[i] = row[
                            SimulatedTables.indexOf(
                                    schema.target(),
                                    schema.source().columns().get(i).name())];
                }
                result.add(Arrays.toString(image));
            }
            result.sort(null);
            return result;
        }
    }
}
