package io.tiderace.applier;

import io.tiderace.applier.TargetTable.KeyPart;
import io.tiderace.applier.TargetTable.TargetColumn;
import io.tiderace.applier.TargetTable.TargetKey;
import io.tiderace.schemas.ChangeEvent;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.RowSource;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.InMemoryRegistry;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RowEncoder;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * A source that commits random transactions, and the apply topic they come to. Some records are written twice, as after a crash of the
 * router: part of a transaction and then all of it, or a transaction again; offsets have the gaps that Kafka's markers leave.
 */
final class SimulatedSource {
    static final TableName ACCOUNTS = new TableName("bank", "accounts");
    static final TableName ITEMS = new TableName("bank", "items");
    static final TableName LEDGER = new TableName("bank", "ledger");
    static final TableName HERE = new TableName("bank", "here");
    static final TableName THERE = new TableName("bank", "there");
    static final TableName SEATS = new TableName("bank", "seats");
    static final TableName OWNERS = new TableName("bank", "owners");
    static final TableName GOODS = new TableName("bank", "goods");
    static final int BALANCE = 100;
    private static final int ABSENT = -1;
    private static final int WHOLE = Integer.MAX_VALUE;
    private static final int ACCOUNT_COUNT = 4;
    private static final String SEVERAL = "ALTER TABLE `bank`.`items` ";

    /** Shared by all runs: an encoding is the same in each. */
    private static final RecordCodec CODEC = new RecordCodec(new InMemoryRegistry(), "apply");

    private static final Map<String, TableStructure> STRUCTURES = new HashMap<>();
    private static final Map<TableStructure, RowEncoder> ENCODERS = new IdentityHashMap<>();

    private final Random random;
    private final boolean keyless;
    private final int ddlShare;
    private final int seatShare;
    private final boolean families;
    private final SimulatedTables tables = new SimulatedTables();
    private final List<ConsumerRecord<byte[], byte[]>> log = new ArrayList<>();
    private final List<RowChange> open = new ArrayList<>();
    private long txn;
    private long nextOffset;
    private long nextRow = 1;
    private int columnsAdded;
    private int seatsTaken;
    private int goodsMade;
    private final Map<Long, Integer> sizes = new HashMap<>();

    /** Goods up to this one are copied, {@link #ABSENT} before the task takes them, {@link #WHOLE} when all are. */
    private int goodsCopied;

    /** Goods that the stream has brought since they were looked at. */
    private final Set<Object> goodsTouched = new HashSet<>();

    private boolean hasLateRows;
    private final List<String> states = new ArrayList<>();

    /**
     * @param keyless true when every transaction also writes to a table without a key, which keeps them all in order
     * @param ddlShare transactions of twenty that are a DDL statement
     * @param seats true to write to a table with a unique key that the target has and the applier does not know of
     * @param families true to write to tables that a foreign key with ON DELETE CASCADE connects
     */
    SimulatedSource(Random random, boolean keyless, int ddlShare, boolean seats, boolean families) {
        this.seatShare = seats ? 1 + random.nextInt(4) : 0;
        this.families = families;
        this.random = random;
        this.ddlShare = ddlShare;
        this.keyless = keyless;
        this.goodsCopied = families && random.nextBoolean() ? ABSENT : WHOLE;
        structures().forEach(tables::create);
        for (int account = 1; account <= ACCOUNT_COUNT; account++) {
            insert(ACCOUNTS, account, BALANCE);
        }
        commit(false, false);
    }

    static RecordCodec codec() {
        return CODEC;
    }

    static List<TargetTable> structures() {
        TargetColumn id = new TargetColumn("id", "int", null, false, false);
        TargetColumn loose = new TargetColumn("name", "varchar", "utf8mb4_general_ci", false, false);
        return List.of(
                table(ACCOUNTS, List.of("id"), id, number("balance")),
                table(ITEMS, List.of("name", "a", "b"), loose, number("a"), number("b"), number("v")),
                table(LEDGER, List.of(), number("txn"), number("v")),
                table(HERE, List.of("id"), id),
                table(THERE, List.of("id"), id),
                table(SEATS, List.of("id", "seat"), id, number("seat")),
                table(OWNERS, List.of("id"), id),
                table(GOODS, List.of("id"), id, number("owner")));
    }

    private static TargetColumn number(String name) {
        return new TargetColumn(name, "int", null, true, false);
    }

    private static TargetTable table(TableName name, List<String> keys, TargetColumn... columns) {
        List<TargetKey> list = new ArrayList<>();
        for (String key : keys) {
            list.add(new TargetKey(list.isEmpty() ? "PRIMARY" : key, list.isEmpty(), List.of(new KeyPart(key, false))));
        }
        return new TargetTable(name, List.of(columns), list);
    }

    SimulatedTables tables() {
        return tables;
    }

    long txn() {
        return txn;
    }

    /** Row changes of a transaction. */
    int size(long number) {
        return sizes.getOrDefault(number, 0);
    }

    /** What {@link #state} says after each transaction, from the beginning on, without repeats. */
    List<String> states() {
        return states;
    }

    /** What has to be seen together, of some tables. */
    static String state(SimulatedTables tables) {
        Map<Object, Object> balances = new TreeMap<>();
        tables.rows(ACCOUNTS).values().forEach(row -> balances.put(number(row[0]), number(row[1])));
        return balances + " " + tables.rows(HERE).size() + " "
                + tables.rows(THERE).size();
    }

    /** What a reader that reads committed records gets from an offset on. */
    List<ConsumerRecord<byte[], byte[]>> records(long fromOffset, int limit) {
        int from = log.size();
        while (from > 0 && log.get(from - 1).offset() >= fromOffset) {
            from--;
        }
        return List.copyOf(log.subList(from, Math.min(log.size(), from + limit)));
    }

    long end() {
        return nextOffset;
    }

    long beginning() {
        return log.isEmpty() ? nextOffset : log.get(0).offset();
    }

    /** Retention takes records below the offset. */
    void expire(long belowOffset) {
        log.removeIf(record -> record.offset() < belowOffset);
    }

    /**
     * The topic loses a row's record, however often it was written, as after a cluster's loss of disks.
     *
     * @return its transaction, 0 where no transaction above the given one has any
     */
    long lose(long aboveTxn) {
        List<ConsumerRecord<byte[], byte[]>> some = log.stream()
                .filter(record -> CODEC.kind(RecordCodec.schemaId(record.value())) == RecordCodec.Kind.ROW
                        && RecordCodec.txn(record.value()) > aboveTxn)
                .toList();
        if (some.isEmpty()) {
            return 0;
        }
        byte[] lost = some.get(random.nextInt(some.size())).value();
        log.removeIf(record -> RecordCodec.txn(record.value()) == RecordCodec.txn(lost)
                && RecordCodec.txnRow(record.value()) == RecordCodec.txnRow(lost));
        return RecordCodec.txn(lost);
    }

    /** One random transaction. */
    void act() {
        int kind = random.nextInt(20);
        if (kind < ddlShare) {
            ddl();
            return;
        }
        if (kind == 18) {
            emptyOnes();
            return;
        }
        if (families && random.nextInt(3) == 0) {
            if (goodsCopied != WHOLE && random.nextBoolean()) {
                copyGoods();
            } else {
                families();
            }
            return;
        }
        int changes = kind == 19 ? 6 + random.nextInt(12) : random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            if (keyless && random.nextInt(5) == 0) {
                ledger();
            } else if (seatShare > 0 && random.nextInt(seatShare) == 0) {
                seat();
            } else if (random.nextInt(4) == 0) {
                transfer();
            } else {
                item();
            }
        }
        if (keyless) {
            ledger();
        }
        if (!keyless || random.nextBoolean()) {
            insert(HERE, (int) txn + 1);
            insert(THERE, (int) txn + 1);
        }
        commit(false, false);
    }

    /** A copy that read the tables as they are now, followed by the transactions up to now again, as the stream brings them. */
    void copied(int transactions) {
        List<List<RowChange>> before = new ArrayList<>();
        for (int i = 0; i < transactions; i++) {
            if (families && random.nextInt(3) == 0) {
                goods(random.nextInt(4));
            } else {
                for (int change = 0; change <= random.nextInt(3); change++) {
                    item();
                }
            }
            before.add(List.copyOf(open));
            open.clear();
        }
        for (@Nullable Object[] row : List.copyOf(tables.rows(ITEMS).values())) {
            record(ITEMS, Op.READ, null, row);
            if (random.nextInt(3) == 0) {
                commit(true, false);
            }
        }
        if (families) {
            copiedFamily();
        }
        commit(true, false);
        for (List<RowChange> changes : before) {
            changes.forEach(change -> record(change.table().name(), change.op(), change.before(), change.after()));
            commit(false, true);
        }
    }

    private void transfer() {
        List<@Nullable Object[]> rows = List.copyOf(tables.rows(ACCOUNTS).values());
        @Nullable Object[] from = rows.get(random.nextInt(rows.size()));
        @Nullable Object[] to = rows.get(random.nextInt(rows.size()));
        if (from != to) {
            int amount = random.nextInt(50);
            update(ACCOUNTS, from, from[0], number(from[1]) - amount);
            update(ACCOUNTS, to, to[0], number(to[1]) + amount);
        }
    }

    /** Somebody takes a seat or leaves it: nobody else has it at that time, and each has a number that never comes again. */
    private void seat() {
        int seat = 1 + random.nextInt(2);
        for (@Nullable Object[] row : List.copyOf(tables.rows(SEATS).values())) {
            if (number(row[1]) == seat) {
                delete(SEATS, row);
                return;
            }
        }
        insert(SEATS, ++seatsTaken, seat);
    }

    /** While goods are copied nobody changes them and deletes an owner in one transaction: that stops the task. */
    private void families() {
        if (random.nextInt(3) == 0) {
            item();
        } else if (keyless) {
            ledger();
        }
        int owner = random.nextInt(4);
        if (random.nextInt(4) > 0) {
            goods(owner);
        } else if (hasOwner(owner)) {
            delete(OWNERS, new @Nullable Object[] {owner});
            tables.rows(GOODS).values().removeIf(row -> number(row[1]) == owner); // which the log does not say
        }
        for (int i = random.nextInt(3); i > 0 && goodsCopied == WHOLE; i--) {
            goods(random.nextInt(4));
        }
        commit(false, false);
    }

    /** Goods come with an owner, and may go to another. */
    private void goods(int owner) {
        List<@Nullable Object[]> goods = List.copyOf(tables.rows(GOODS).values());
        int kind = random.nextInt(6);
        if (kind < 2) {
            insert(OWNERS, owner);
        } else if (hasOwner(owner) && (kind < 4 || goods.isEmpty())) {
            insert(GOODS, ++goodsMade, owner);
        } else if (!goods.isEmpty()) {
            @Nullable Object[] row = goods.get(random.nextInt(goods.size()));
            if (kind == 5) {
                delete(GOODS, row);
            } else if (hasOwner(owner)) {
                update(GOODS, row, row[0], owner);
            }
        }
    }

    /** Everything that the task takes is copied. */
    void complete() {
        while (goodsCopied != WHOLE) {
            copyGoods();
        }
    }

    /** The task takes goods too: first their changes, then, between other transactions, what was there, but for what changed meanwhile. */
    private void copyGoods() {
        List<@Nullable Object[]> left = tables.rows(GOODS).values().stream()
                .filter(row -> number(row[0]) > goodsCopied)
                .sorted(Comparator.comparing(row -> number(row[0])))
                .toList();
        if (goodsCopied == ABSENT) {
            goodsCopied = 0;
        } else {
            List<@Nullable Object[]> chunk = left.subList(0, Math.min(left.size(), 1 + random.nextInt(3)));
            Set<Object> touched = Set.copyOf(goodsTouched);
            for (@Nullable Object[] row : chunk) {
                if (!touched.contains(number(row[0]))) {
                    record(GOODS, Op.READ, null, row);
                }
            }
            goodsCopied = chunk.size() == left.size() ? WHOLE : number(chunk.get(chunk.size() - 1)[0]);
        }
        if (random.nextBoolean()) {
            goodsTouched.clear(); // they are looked at anew
        }
        commit(true, true);
    }

    private boolean hasOwner(int owner) {
        return tables.rows(OWNERS).values().stream().anyMatch(row -> number(row[0]) == owner);
    }

    /** Children come before their parents. */
    private void copiedFamily() {
        for (int i = 0; i < 3; i++) {
            if (!hasOwner(i)) {
                tables.rows(OWNERS).put(nextRow++, new @Nullable Object[] {i});
            }
        }
        for (int i = 0; i < 6; i++) {
            tables.rows(GOODS).put(nextRow++, new @Nullable Object[] {++goodsMade, i % 3});
        }
        for (TableName table : List.of(GOODS, OWNERS)) {
            for (@Nullable Object[] row : List.copyOf(tables.rows(table).values())) {
                record(table, Op.READ, null, row);
                if (random.nextInt(3) == 0) {
                    commit(true, false);
                }
            }
        }
    }

    private static int number(@Nullable Object value) {
        return value instanceof Integer number ? number : 0;
    }

    private void item() {
        List<@Nullable Object[]> rows = List.copyOf(tables.rows(ITEMS).values());
        int kind = random.nextInt(10);
        if (rows.isEmpty() || kind < 4) {
            insert(ITEMS, image(rows.isEmpty() ? null : rows.get(0)));
            return;
        }
        @Nullable Object[] before = rows.get(random.nextInt(rows.size()));
        if (kind < 6) {
            delete(ITEMS, before);
        } else if (kind < 7) {
            swap(before, rows.get(random.nextInt(rows.size())));
        } else {
            @Nullable Object[] after = before.clone();
            @Nullable Object[] fresh = image(before);
            for (int i = 0; i < after.length; i++) {
                after[i] = random.nextInt(3) == 0 || i > 2 ? fresh[i] : after[i];
            }
            update(ITEMS, before, after);
        }
    }

    /** Two rows exchange their unique values, by way of NULL. */
    private void swap(@Nullable Object[] one, @Nullable Object[] other) {
        if (one == other) {
            return;
        }
        @Nullable Object[] without = one.clone();
        without[1] = null;
        @Nullable Object[] otherAfter = other.clone();
        otherAfter[1] = one[1];
        @Nullable Object[] oneAfter = one.clone();
        oneAfter[1] = other[1];
        update(ITEMS, one, without);
        update(ITEMS, other, otherAfter);
        update(ITEMS, without, oneAfter);
    }

    private @Nullable Object[] image(@Nullable Object @Nullable [] like) {
        String[] names = {"a", "A", "á", "a ", "b", "B", "c", "ab", "AB", "d"};
        int length = like == null ? tables.existing(ITEMS).columns().size() : like.length;
        @Nullable Object[] image = new @Nullable Object[length];
        image[0] = names[random.nextInt(names.length)];
        image[1] = some(4);
        image[2] = some(4);
        for (int i = 3; i < length; i++) {
            image[i] = random.nextInt(100);
        }
        return image;
    }

    private @Nullable Integer some(int bound) {
        int value = random.nextInt(bound + 1);
        return value == 0 ? null : value;
    }

    private void ledger() {
        insert(LEDGER, (int) txn + 1, random.nextInt(3));
        List<@Nullable Object[]> rows = List.copyOf(tables.rows(LEDGER).values());
        @Nullable Object[] row = rows.get(random.nextInt(rows.size()));
        if (random.nextInt(4) == 0) {
            insert(LEDGER, row.clone());
        } else if (random.nextInt(4) == 0) {
            update(LEDGER, row, row[0], random.nextInt(3));
        } else if (random.nextInt(6) == 0) {
            delete(LEDGER, row);
        }
    }

    private void insert(TableName table, @Nullable Object... after) {
        if (tables.conflict(table, after) == null) {
            tables.rows(table).put(nextRow++, after);
            record(table, Op.INSERT, null, after);
        }
    }

    private void update(TableName table, @Nullable Object[] before, @Nullable Object... after) {
        long id = idOf(table, before);
        tables.rows(table).remove(id);
        if (tables.conflict(table, after) == null) {
            tables.rows(table).put(id, after);
            record(table, Op.UPDATE, before, after);
        } else {
            tables.rows(table).put(id, before);
        }
    }

    private void delete(TableName table, @Nullable Object[] before) {
        tables.rows(table).remove(idOf(table, before));
        record(table, Op.DELETE, before, null);
    }

    private long idOf(TableName table, @Nullable Object[] row) {
        for (Map.Entry<Long, @Nullable Object[]> entry : tables.rows(table).entrySet()) {
            if (Arrays.equals(entry.getValue(), row)) {
                return entry.getKey();
            }
        }
        throw new IllegalStateException("no row " + Arrays.toString(row));
    }

    private void record(
            TableName table, Op op, @Nullable Object @Nullable [] before, @Nullable Object @Nullable [] after) {
        RowSource source =
                new RowSource(table.schema(), table.table(), 1, null, "bin.000001", 4 * txn, 0, 0, op == Op.READ);
        if (table.equals(GOODS) && goodsCopied != WHOLE) {
            if (goodsCopied == ABSENT) {
                return;
            }
            hasLateRows = true;
            for (@Nullable Object @Nullable [] image : new @Nullable Object[][] {before, after}) {
                if (image != null) {
                    goodsTouched.add(number(image[0]));
                }
            }
        }
        open.add(new RowChange(
                txn + 1, open.size() + 1L, structure(tables.existing(table)), op, before, after, 0, source));
    }

    static TableStructure structure(TargetTable table) {
        StringBuilder names = new StringBuilder(table.name().toString());
        List<Column> columns = new ArrayList<>();
        for (TargetColumn column : table.columns()) {
            names.append(',').append(column.name());
            MySqlType type = MySqlType.parse(column.type().equals("varchar") ? "varchar(20)" : "int");
            columns.add(new Column(column.name(), type, null, null, column.nullable(), false));
        }
        List<String> key = table.keys().isEmpty()
                ? List.of()
                : List.of(String.valueOf(table.keys().get(0).parts().get(0).column()));
        return STRUCTURES.computeIfAbsent(names.toString(), name -> new TableStructure(table.name(), columns, key));
    }

    private void ddl() {
        String statement;
        List<TargetColumn> columns = tables.existing(ITEMS).columns();
        String last = columns.get(columns.size() - 1).name();
        int kind = random.nextInt(columns.size() > 4 ? 6 : 3);
        if (kind == 0) {
            statement = "TRUNCATE TABLE";
        } else if (kind == 1) {
            statement = "ADD c" + ++columnsAdded + " " + random.nextInt(100);
        } else if (kind == 2) {
            statement =
                    SEVERAL + "ADD c" + ++columnsAdded + " " + random.nextInt(100) + ", ADD c" + ++columnsAdded + " 1";
        } else if (kind == 3) {
            statement = "RENAME " + last + " c" + ++columnsAdded;
        } else if (kind == 4) {
            statement = SEVERAL + "RENAME " + last + " c" + ++columnsAdded + ", ADD c" + ++columnsAdded + " "
                    + random.nextInt(100);
        } else {
            statement = "DROP " + last;
        }
        tables.alter(ITEMS, statement);
        send(new RoutedDdl(
                txn + 1,
                1,
                statement,
                statement,
                new StatementContext("bank", "", null, null, null),
                List.of(ITEMS),
                List.of(ITEMS),
                false,
                null,
                null,
                "bin.000001",
                4 * txn,
                0));
        end(1, txn + 1, false, false);
    }

    private void emptyOnes() {
        long first = txn + 1;
        txn += random.nextInt(5);
        end(0, first, false, false);
    }

    private void commit(boolean snapshot, boolean isRepeat) {
        boolean replay = isRepeat || hasLateRows;
        hasLateRows = false;
        sizes.put(txn + 1, open.size());
        if (random.nextInt(20) == 0) { // a writer died in the middle, the next one began the transaction again
            int part = random.nextInt(open.size() + 1);
            open.subList(0, part).forEach(this::send);
            nextOffset++;
        }
        open.forEach(this::send);
        int rows = open.size();
        List<RowChange> sent = List.copyOf(open);
        open.clear();
        end(rows, txn + 1, snapshot, replay);
        if (random.nextInt(30) == 0) {
            txn--;
            sent.forEach(this::send);
            end(rows, txn + 1, snapshot, replay);
        }
    }

    private void end(long rows, long firstTxn, boolean snapshot, boolean replay) {
        txn++;
        String state = state(tables);
        if (states.isEmpty() || !states.get(states.size() - 1).equals(state)) {
            states.add(state);
        }
        send(new Commit(txn, rows + 1, firstTxn, rows, null, null, "bin.000001", 4 * txn, 0, snapshot, replay));
        nextOffset += random.nextInt(3) == 0 ? 1 : 0;
    }

    private void send(ChangeEvent event) {
        RecordHeaders headers = new RecordHeaders();
        byte[] value;
        if (event instanceof RowChange row) {
            headers.add("target.schema", row.table().name().schema().getBytes(StandardCharsets.UTF_8));
            headers.add("target.table", row.table().name().table().getBytes(StandardCharsets.UTF_8));
            value = CODEC.encodeRow(ENCODERS.computeIfAbsent(row.table(), table -> CODEC.rowEncoder("s1", table)), row);
        } else {
            value = CODEC.encode(event);
        }
        log.add(new ConsumerRecord<>(
                "apply",
                0,
                nextOffset++,
                0,
                TimestampType.CREATE_TIME,
                0,
                value.length,
                null,
                value,
                headers,
                Optional.empty()));
    }
}
