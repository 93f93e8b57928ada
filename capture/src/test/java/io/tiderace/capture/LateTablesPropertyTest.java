package io.tiderace.capture;

import io.tiderace.capture.LateTables.Look;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: a table that is copied while the stream goes on comes out equal, for any interleaving of source, stream, copy and crashes. Method: a model of
 * all four, driven by a random number; a source whose commits can be seen later than they are in the log; a target that takes rows strictly but in
 * transactions that are replayed.
 */
class LateTablesPropertyTest {
    private static final TableName TABLE = new TableName("s", "t");
    private static final TableStructure STRUCTURE = new TableStructure(TABLE, List.of(), List.of("id"));
    private static final int KEYS = 12;

    /** A row change, or a statement when both images are missing. */
    private record Change(
            @Nullable Integer key,
            @Nullable String before,
            @Nullable Integer newKey,
            @Nullable String after) {}

    private record Txn(List<Change> changes, @Nullable String statement) {}

    /** A relay transaction with what is stored along with it. */
    private record Relayed(
            Txn txn,
            boolean isReplay,
            int streamAt,
            @Nullable LateTable state) {}

    @Property(tries = 3000)
    void endsEqual(@ForAll long seed) {
        new Model().run(new Random(seed));
    }

    /** One history of all four. */
    private static final class Model {
        private final TreeMap<Integer, String> flushed = new TreeMap<>();
        private final List<Txn> log = new ArrayList<>();
        private final List<TreeMap<Integer, String>> states = new ArrayList<>(List.of(new TreeMap<>()));
        private int visible;

        private final List<Relayed> relay = new ArrayList<>();
        private int durable;
        private int streamAt;
        private LateTables late = new LateTables(Map.of());

        private @Nullable Look look;
        private int lookedAt;
        private int place;
        private @Nullable TreeMap<Integer, String> snapshot;
        private int chunks;

        void run(Random random) {
            for (int i = random.nextInt(20); i > 0; i--) {
                commit(random);
            }
            visible = log.size();
            streamAt = random.nextInt(log.size() + 1);
            late = new LateTables(Map.of(TABLE, LateTable.added(true).captured(true)));
            if (random.nextBoolean()) {
                streamAt = log.size(); // what was before is not captured
            }
            int begin = streamAt;
            relay.add(new Relayed(new Txn(List.of(), null), true, begin, late.table(TABLE)));
            durable = 1;
            for (int step = 0; step < 300; step++) {
                step(random, random.nextInt(100));
            }
            for (int step = 0; late.table(TABLE) != null || streamAt < log.size(); step++) {
                assertThat(step).as("steps until it is whole").isLessThan(10_000);
                visible = log.size();
                step(random, 20 + random.nextInt(75));
            }
            assertThat(target()).isEqualTo(flushed);
            assertThat(chunks).isPositive();
        }

        private void step(Random random, int dice) {
            if (dice < 20) {
                commit(random);
            } else if (dice < 30) {
                visible = Math.min(log.size(), visible + 1 + random.nextInt(2));
            } else if (dice < 60) {
                stream();
            } else if (dice < 92) {
                copy(random);
            } else if (dice < 95) {
                durable = relay.size();
            } else if (dice < 98) {
                crash();
            }
        }

        /** The source commits a transaction to its log, or executes a statement; those wait until all before can be seen, and for who looks. */
        private void commit(Random random) {
            if (random.nextInt(12) == 0 && visible == log.size() && snapshot == null) {
                boolean isTruncate = random.nextBoolean();
                if (isTruncate) {
                    flushed.clear();
                } else {
                    flushed.replaceAll((key, value) -> value + "'");
                }
                log.add(new Txn(List.of(), isTruncate ? "TRUNCATE TABLE t" : "ALTER TABLE t ADD COLUMN c INT"));
                states.add(new TreeMap<>(flushed));
                visible = log.size();
                return;
            }
            List<Change> changes = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                int key = random.nextInt(KEYS);
                int other = random.nextInt(KEYS);
                String before = flushed.get(key);
                String value = "v" + log.size() + "." + i;
                if (before == null) {
                    changes.add(new Change(null, null, key, value));
                    flushed.put(key, value);
                } else if (random.nextBoolean()) {
                    changes.add(new Change(key, before, null, null));
                    flushed.remove(key);
                } else if (flushed.containsKey(other)) {
                    changes.add(new Change(key, before, key, value));
                    flushed.put(key, value);
                } else {
                    changes.add(new Change(key, before, other, before));
                    flushed.remove(key);
                    flushed.put(other, before);
                }
            }
            log.add(new Txn(changes, null));
            states.add(new TreeMap<>(flushed));
        }

        private void stream() {
            if (streamAt == log.size()) {
                return;
            }
            Txn txn = log.get(streamAt++);
            boolean isLate = late.table(TABLE) != null;
            for (Change change : txn.changes) {
                if (change.key != null) {
                    late.touched(TABLE, bytes(change.key));
                }
                if (change.newKey != null) {
                    late.touched(TABLE, bytes(change.newKey));
                }
            }
            if (txn.statement != null) {
                late.statement(txn.statement, List.of(), name -> STRUCTURE);
            }
            relay.add(new Relayed(txn, isLate, streamAt, late.table(TABLE)));
        }

        /** The next step of a look, if it can be taken. */
        private void copy(Random random) {
            LateTable state = late.table(TABLE);
            if (state == null) {
                return;
            }
            Look current = look;
            if (current == null) {
                look = late.look(List.of(TABLE));
                lookedAt = streamAt;
            } else if (snapshot == null) {
                if (visible >= lookedAt) {
                    snapshot = states.get(visible);
                    place = log.size();
                }
            } else if (current.isSpoilt() || random.nextInt(4) == 0) {
                lookAway();
            } else if (streamAt >= place) {
                deliver(state, current, snapshot, 1 + random.nextInt(4));
            }
        }

        private void deliver(LateTable state, Look current, TreeMap<Integer, String> rows, int count) {
            List<String> after = state.missing().get(0).after();
            List<Change> chunk = new ArrayList<>();
            List<String> last = null;
            int read = 0;
            for (Map.Entry<Integer, String> row : rows.entrySet()) {
                if (after != null && row.getKey() <= Integer.parseInt(after.get(0))) {
                    continue;
                }
                if (read == count) {
                    break;
                }
                read++;
                last = List.of(row.getKey().toString());
                if (!current.isTouched(TABLE, bytes(row.getKey()))) {
                    chunk.add(new Change(null, null, row.getKey(), row.getValue()));
                }
            }
            boolean isEnd = last == null || Integer.parseInt(last.get(0)) >= rows.lastKey();
            late.put(TABLE, state.copied(isEnd ? null : state.missing().get(0).behind(last), read));
            relay.add(new Relayed(new Txn(chunk, null), true, streamAt, late.table(TABLE)));
            chunks++;
            if (isEnd) {
                lookAway();
            }
        }

        private void lookAway() {
            late.lookAway();
            look = null;
            snapshot = null;
        }

        /** What is durable is left, and goes on from what is stored with it. */
        private void crash() {
            relay.subList(durable, relay.size()).clear();
            Relayed last = relay.get(relay.size() - 1);
            streamAt = last.streamAt;
            Map<TableName, LateTable> stored = new HashMap<>();
            if (last.state != null) {
                stored.put(TABLE, LateTable.ofJson("s", last.state.toJson()));
            }
            late = new LateTables(stored);
            look = null;
            snapshot = null;
            visible = log.size(); // MySQL recovers what is in its log
        }

        private TreeMap<Integer, String> target() {
            TreeMap<Integer, String> rows = new TreeMap<>();
            for (Relayed relayed : relay) {
                for (Change change : relayed.txn.changes) {
                    if (change.key != null) {
                        String removed = rows.remove(change.key);
                        require(relayed.isReplay || change.before != null && change.before.equals(removed), relayed);
                    }
                    if (change.newKey != null) {
                        String before = rows.put(change.newKey, String.valueOf(change.after));
                        require(relayed.isReplay || before == null, relayed);
                    }
                }
                if (relayed.txn.statement != null && relayed.txn.statement.startsWith("TRUNCATE")) {
                    rows.clear();
                } else if (relayed.txn.statement != null) {
                    rows.replaceAll((key, value) -> value + "'");
                }
            }
            return rows;
        }

        private void require(boolean isTrue, Relayed relayed) {
            if (!isTrue) {
                StringBuilder text = new StringBuilder("not what the target has: " + relayed + " in\n");
                relay.forEach(each -> text.append(each).append('\n'));
                throw new AssertionError(text);
            }
        }

        private static byte[] bytes(int key) {
            return ByteBuffer.allocate(4).putInt(key).array();
        }
    }
}
