package io.tiderace.router;

import io.tiderace.config.BlockAllowList;
import io.tiderace.config.Routes;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.TableName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: for any history of transactions, any rules and any crashes the apply topic has exactly the passing records, contiguous markers and right
 * counts. Method: a seeded history goes through routers that are thrown away at random; what they gave out and stored since the last
 * commit point is then lost, as in a Kafka transaction, and the input goes on from there.
 */
class TransactionRouterPropertyTest {
    private static final int TABLES = 6;

    private final Relay relay = new Relay();
    private final List<byte[]> history = new ArrayList<>();
    private final List<String> expected = new ArrayList<>();
    private final Set<String> blocked = new HashSet<>();

    @Property(tries = 500)
    void applyTopicHasExactlyThePassingRecords(@ForAll long seed) {
        new TransactionRouterPropertyTest().check(new Random(seed));
    }

    private void check(Random random) {
        for (int table = 0; table < TABLES; table++) {
            if (random.nextBoolean()) {
                blocked.add("t" + table);
            }
        }
        int transactions = random.nextInt(30);
        for (int i = 0; i < transactions; i++) {
            transaction(random);
        }
        assertThat(route(random)).isEqualTo(expected);
    }

    private void transaction(Random random) {
        if (random.nextInt(8) == 0) {
            history.add(relay.commit(relay.txn() + random.nextInt(4), false)); // a run that capture has folded
            return;
        }
        int rows = random.nextInt(3) == 0 ? 0 : random.nextInt(6);
        List<byte[]> records = records(random, rows);
        if (random.nextInt(5) == 0) { // written in part, then again from the first row
            history.addAll(records.subList(0, random.nextInt(records.size() + 1)));
        }
        history.addAll(records);
        long txn = relay.txn();
        byte[] commit = relay.commit();
        history.add(commit);
        if (random.nextInt(5) == 0) {
            history.add(commit);
        }
        long passed =
                expected.stream().filter(text -> text.startsWith(txn + ".")).count();
        if (passed > 0) {
            expected.add("commit " + txn + " rows " + passed);
        }
    }

    private List<byte[]> records(Random random, int rows) {
        List<byte[]> records = new ArrayList<>();
        for (int row = 1; row <= rows; row++) {
            String table = "t" + random.nextInt(TABLES);
            boolean passes = !blocked.contains(table);
            boolean ddl = random.nextInt(6) == 0;
            records.add(ddl ? relay.ddl("s", "ALTER TABLE " + table + " ADD c INT") : relay.row("s", table, row));
            if (passes) {
                expected.add(relay.txn() + "." + row
                        + (ddl ? " ALTER TABLE `target`.`" + table + "` ADD c INT" : " target." + table));
            }
        }
        return records;
    }

    /** Short forms of what came out, markers of empty transactions checked and left out. */
    private List<String> route(Random random) {
        Disk disk = new Disk();
        List<String> committed = new ArrayList<>();
        int from = 0;
        while (from < history.size()) {
            Attempt attempt = new Attempt(disk);
            int to = Math.min(history.size(), from + 1 + random.nextInt(12));
            boolean crashes = random.nextInt(3) == 0;
            for (int i = from; i < to; i++) {
                attempt.take(history.get(i), i);
                if (random.nextInt(10) == 0) {
                    attempt.router.tick(Long.MAX_VALUE / 4);
                }
            }
            if (!crashes) {
                disk = attempt.commit();
                committed.addAll(attempt.out);
                from = to;
            }
        }
        Attempt last = new Attempt(disk);
        last.router.tick(Long.MAX_VALUE / 4);
        committed.addAll(last.out);
        return withoutEmptyMarkers(committed);
    }

    private List<String> withoutEmptyMarkers(List<String> found) {
        List<String> kept = new ArrayList<>();
        long covered = 0;
        for (String text : found) {
            if (text.startsWith("commit ")) {
                String[] numbers = text.substring("commit ".length(), text.indexOf(" rows"))
                        .split("\\.\\.");
                assertThat(Long.parseLong(numbers[0])).as("first of %s", text).isEqualTo(covered + 1);
                covered = Long.parseLong(numbers[numbers.length - 1]);
            } else {
                assertThat(Long.parseLong(text.substring(0, text.indexOf('.'))))
                        .as("%s", text)
                        .isEqualTo(covered + 1);
            }
            if (!text.endsWith(" rows 0")) {
                kept.add(text);
            }
        }
        assertThat(covered).as("all transactions are covered").isEqualTo(relay.txn() - 1);
        return kept;
    }

    private Rules rules() {
        List<TableName> ignored =
                blocked.stream().map(table -> new TableName("*", table)).toList();
        BlockAllowList list =
                BlockAllowList.compile(new BlockAllowList.Patterns(List.of(), List.of(), List.of(), ignored), true);
        Routes routes = new Routes() {
            @Override
            public TableName route(TableName source) {
                return new TableName("target", source.table());
            }

            @Override
            public String routeSchema(String schema) {
                return "target";
            }
        };
        return new Rules(list, routes);
    }

    /** What survives a crash. */
    private static final class Disk {
        private byte @Nullable [] progress;
        private byte @Nullable [] folded;
    }

    /** A router from one commit point on. */
    private final class Attempt implements TransactionRouter.Memory, TransactionRouter.Output {
        private final Disk start;
        private final List<String> out = new ArrayList<>();
        private final TransactionRouter router;
        private byte @Nullable [] saved;
        private byte @Nullable [] folded;
        private byte[] current = {};

        Attempt(Disk start) {
            this.start = start;
            this.saved = start.progress;
            this.folded = start.folded;
            this.router = new TransactionRouter(
                    new TransactionRouter.Source(
                            "s1", Relay.TOPIC, relay.applyCodec, rules(), false, new SourceFigures()),
                    this,
                    this);
        }

        void take(byte[] value, int offset) {
            current = value;
            router.take(value, offset);
        }

        Disk commit() {
            Disk disk = new Disk();
            disk.progress = saved == null ? null : saved.clone();
            disk.folded = folded;
            return disk;
        }

        @Override
        public RelayProgress restore() {
            return new RelayProgress(start.progress);
        }

        @Override
        public byte @Nullable [] restoreFolded() {
            return start.folded;
        }

        @Override
        public void save(RelayProgress progress) {
            saved = progress.save();
        }

        @Override
        public void saveFolded(byte[] lastCommit) {
            folded = lastCommit;
        }

        @Override
        public void pass(Decisions.@Nullable Target target) {
            assertThat(target).isNotNull();
            out.add(relay.text(
                    current,
                    new String(target.schema().value(), StandardCharsets.UTF_8) + "."
                            + new String(target.table().value(), StandardCharsets.UTF_8)));
        }

        @Override
        public void replace(byte[] value) {
            ChangeEvent before = relay.codec.decode(current);
            ChangeEvent after = relay.applyCodec.decode(value);
            assertThat(after.txn()).isEqualTo(before.txn());
            assertThat(after.txnRow()).isEqualTo(before.txnRow());
            out.add(relay.text(value, null));
        }

        @Override
        public void add(byte[] value, long timestampMs) {
            assertThat(relay.applyCodec.kind(RecordCodec.schemaId(value))).isEqualTo(RecordCodec.Kind.COMMIT);
            assertThat(((Commit) relay.applyCodec.decode(value)).rows()).isZero();
            out.add(relay.text(value, null));
        }
    }
}
