package io.tiderace.applier;

import io.tiderace.applier.SimulatedTables.KeyValue;
import io.tiderace.applier.TargetSession.LaneRow;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.TableName;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A target server in memory, of MySQL's kind (locks, read committed) or TiDB's (optimistic, conflicts show at COMMIT). Every request may
 * fail before or after it took effect; a COMMIT or a DDL statement whose answer is lost may come through later; the sessions of a process
 * that is gone live on until the server notices. Deterministic: every choice comes from the random source given.
 */
final class SimulatedTarget implements Target {
    /** The process that asked is dead from here on. Not an exception that anything may handle. */
    static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    private static final int DUPLICATE = 1062;
    private static final int NO_PARENT = 1452;
    private static final int DEADLOCK = 1213;
    private static final int WRITE_CONFLICT = 9007;
    private static final int SCHEMA_CHANGED = 8028;
    private static final int UNSUPPORTED = 8200;
    private static final int TRANSACTION_TOO_LARGE = 8004;
    private static final int BINLOG_CACHE_FULL = 1197;

    private final Random random;
    private final boolean optimistic;
    private SimulatedTables tables = new SimulatedTables();
    private final Map<Integer, LaneRow> lanes = new TreeMap<>();
    private final Map<DdlSession.JournalKey, DdlSession.JournalEntry> journal = new HashMap<>();
    private final Map<Object, Session> locks = new HashMap<>();
    private final Map<Object, Long> changedAt = new HashMap<>();
    private final List<Session> open = new ArrayList<>();
    private final List<Runnable> late = new ArrayList<>();
    private final List<RoutedDdl> running = new ArrayList<>();
    private Quarantine.Register register = new Quarantine.Register(0, List.of());
    private final Map<String, Long> claimed = new HashMap<>();
    private @Nullable Session ddlLock;
    private long clock = 1;
    private long nextRow = 1;
    private int commits;

    /** Chance in a thousand that a request goes wrong. */
    int faults;

    /** True when sessions check the foreign key of {@link SimulatedSource#GOODS}. */
    boolean checksForeignKeys;

    /** Rows that a transaction may write or remove. */
    int transactionRowsMax = Integer.MAX_VALUE;

    /** Rows that a statement may have: the driver does not send a longer one. */
    int statementRowsMax = Integer.MAX_VALUE;

    /** Chance in a thousand that the answer of a COMMIT is lost that may yet come through; beside {@link #faults}. */
    int hangs;

    /** Called with its rows when the answer of a COMMIT is lost that may yet come through. */
    IntConsumer hanging = rows -> {};

    /** Rows that the server takes no more, by table and values. */
    BiPredicate<TableName, @Nullable Object[]> refuses = (table, row) -> false;

    /** Lets others go on in the middle of what is not cut into steps. */
    Runnable interlude = () -> {};

    SimulatedTarget(Random random, boolean optimistic) {
        this.random = random;
        this.optimistic = optimistic;
    }

    void create(TargetTable table) {
        tables.create(table);
    }

    SimulatedTables tables() {
        return tables;
    }

    List<QuarantinedChange> quarantined() {
        return register.changes();
    }

    int commits() {
        return commits;
    }

    /** True while a part of a transaction is applied, by what the checkpoint says. */
    boolean isInPieces() {
        AppliedRanges applied = new AppliedRanges();
        lanes.values().forEach(row -> applied.addAll(row.applied()));
        applied.forgetUpTo(lowTxn());
        return applied.toString().contains("#");
    }

    /** True when a row of the checkpoint names a transaction that its own mark covers: such rows would only grow. */
    boolean namesWhatIsBelowTheMark() {
        return lanes.values().stream().anyMatch(row -> Arrays.stream(
                        row.applied().toString().split(","))
                .anyMatch(piece -> !piece.isEmpty()
                        && Long.parseLong(piece.split("[-#]")[0]) <= row.low().txn()));
    }

    long lowTxn() {
        return lanes.values().stream().mapToLong(row -> row.low().txn()).max().orElse(0);
    }

    long lowOffset() {
        return lanes.values().stream()
                .mapToLong(row -> row.low().offset())
                .max()
                .orElse(0);
    }

    /** What the server does by itself: it notices a dead session, or ends what was under way when the answer was lost. */
    void act() {
        if (isQuiet()) {
            return;
        }
        if (!late.isEmpty() && random.nextBoolean()) {
            late.remove(random.nextInt(late.size())).run();
            return;
        }
        List<Session> orphans =
                open.stream().filter(session -> session.abandoned).toList();
        if (!orphans.isEmpty()) {
            orphans.get(random.nextInt(orphans.size())).end();
        }
    }

    boolean isQuiet() {
        return late.isEmpty() && open.stream().noneMatch(session -> session.abandoned);
    }

    @Override
    public TargetDialect dialect() {
        return new TargetDialect(optimistic, "tiderace_meta");
    }

    @Override
    public String address() {
        return "simulated";
    }

    @Override
    public Session session() throws SQLException {
        return session("nobody");
    }

    @Override
    public DdlSession ddlSession() throws SQLException {
        return session("nobody");
    }

    private Session session(String owner) throws SQLException {
        if (random.nextInt(1000) < faults) {
            throw lost();
        }
        Session session = new Session(owner);
        open.add(session);
        return session;
    }

    @Override
    public void close() {}

    /** The target as one process sees it. */
    Target of(String owner) {
        return new Target() {
            @Override
            public TargetDialect dialect() {
                return SimulatedTarget.this.dialect();
            }

            @Override
            public String address() {
                return "simulated";
            }

            @Override
            public TargetSession session() throws SQLException {
                return SimulatedTarget.this.session(owner);
            }

            @Override
            public DdlSession ddlSession() throws SQLException {
                return SimulatedTarget.this.session(owner);
            }

            @Override
            public void close() {}
        };
    }

    /** The process is dead; its sessions stay until the server notices. */
    void crash(String owner) {
        open.forEach(session -> session.abandoned |= session.owner.equals(owner));
    }

    private static SQLException lost() {
        return new SQLException("connection lost", "08S01");
    }

    private static SQLException error(int code, String text) {
        return new SQLException(text, code == DUPLICATE ? "23000" : "40001", code);
    }

    @Override
    public String toString() {
        return (optimistic ? "optimistic " : "locking ") + lanes + " journal " + journal + " locks " + locks.keySet()
                + " late " + late.size() + " open " + open.size() + " ";
    }

    /** Both kinds of session; a data session's changes are private until COMMIT. */
    final class Session implements TargetSession, DdlSession {
        private final String owner;
        private boolean dead;
        private boolean abandoned;
        private boolean inCommit;
        private @Nullable SimulatedTables view;
        private long startedAt;
        private final Set<Object> touched = new HashSet<>();
        private final Map<TableName, Map<Long, @Nullable Object[]>> added = new LinkedHashMap<>();
        private final Map<TableName, Set<Long>> removed = new LinkedHashMap<>();
        private final Map<Integer, LaneRow> lanesWritten = new TreeMap<>();
        private final Set<Integer> lanesRemoved = new HashSet<>();
        private Map<Integer, LaneRow> lanesSeen = lanes;
        private Quarantine.Register registerSeen = register;
        private final List<QuarantinedChange> quarantinedNow = new ArrayList<>();
        private final List<QuarantinedChange> releasedNow = new ArrayList<>();
        private boolean checksAtOnce;
        private boolean leavesForeignKeys;
        private boolean isDuplicate;
        private int rowsTouched;
        private long epochAtLock = Long.MAX_VALUE;

        private Session(String owner) {
            this.owner = owner;
        }

        /** What may happen to any request. */
        private void request() throws SQLException {
            interlude.run();
            if (dead) {
                throw lost();
            }
            if (random.nextInt(1000) < faults) {
                switch (random.nextInt(3)) {
                    case 0 -> {
                        dead = true;
                        abandoned = true; // the server may take its time to notice
                        throw lost();
                    }
                    case 1 -> throw fail(error(DEADLOCK, "deadlock"));
                    default -> {
                        dead = true;
                        end();
                        throw lost();
                    }
                }
            }
        }

        private void begin() {
            if (view == null) {
                view = tables.copy();
                startedAt = clock;
                lanesSeen = optimistic ? new TreeMap<>(lanes) : lanes;
                registerSeen = register;
            } else if (!optimistic) { // read committed: what others committed since, and what is ours
                view = tables.copy();
                apply(view);
                registerSeen = register;
            }
        }

        /** The transaction is over at the server. */
        private SQLException fail(SQLException error) {
            discard();
            return error;
        }

        private void discard() {
            view = null;
            touched.clear();
            added.clear();
            removed.clear();
            lanesWritten.clear();
            lanesRemoved.clear();
            quarantinedNow.clear();
            releasedNow.clear();
            isDuplicate = false;
            rowsTouched = 0;
            locks.values().removeIf(holder -> holder == this);
        }

        /** The connection ends at the server. */
        private void end() {
            if (inCommit) {
                return;
            }
            discard();
            ddlLock = ddlLock == this ? null : ddlLock;
            dead = true;
            abandoned = false;
            open.remove(this);
        }

        private void touch(Object key) throws SQLException {
            if (!optimistic) {
                Session holder = locks.get(key);
                if (holder != null && holder != this) {
                    throw fail(error(DEADLOCK, key + " is locked by " + holder.owner));
                }
                locks.put(key, this);
            }
            touched.add(key);
        }

        @Override
        public long write(Write write) throws SQLException {
            request();
            begin();
            TableName name = write.mapping().target().name();
            SimulatedTables seen = Objects.requireNonNull(view);
            touched.add(name);
            if (write.images().size() > statementRowsMax) {
                throw new SQLException("Packet for query is too large: 'max_allowed_packet'", "S1000", 0);
            }
            return new Execution(this, seen, seen.existing(name), write).run();
        }

        @Override
        public List<Integer> missing(Write write) throws SQLException {
            request();
            begin();
            TableName name = write.mapping().target().name();
            SimulatedTables seen = Objects.requireNonNull(view);
            return new Execution(this, seen, seen.existing(name), write).missing();
        }

        boolean isOptimistic() {
            return optimistic;
        }

        @Override
        public void openQuarantine(CheckpointKey key) throws SQLException {
            request();
        }

        @Override
        public long lockQuarantine(CheckpointKey key) throws SQLException {
            request();
            begin();
            touch("quarantine");
            return registerSeen.generation();
        }

        @Override
        public Quarantine.Register quarantine(CheckpointKey key) throws SQLException {
            request();
            begin();
            return registerSeen;
        }

        @Override
        public void addQuarantined(CheckpointKey key, List<QuarantinedChange> changes) throws SQLException {
            request();
            begin();
            for (QuarantinedChange change : changes) {
                if (registerSeen.changes().stream().anyMatch(other -> other.id().equals(change.id()))) {
                    requireFormerOwner("adds to the register twice: " + change);
                    throw error(DUPLICATE, "in the register already: " + change);
                }
            }
            quarantinedNow.addAll(changes);
        }

        /** What only one may do whose source another has claimed since. */
        private void requireFormerOwner(String what) {
            long newest =
                    lanes.values().stream().mapToLong(LaneRow::epoch).max().orElse(0);
            if (claimed.getOrDefault(owner, 0L) == newest) {
                throw new AssertionError(owner + " " + what);
            }
        }

        @Override
        public void removeQuarantined(CheckpointKey key, List<QuarantinedChange> changes) throws SQLException {
            request();
            begin();
            releasedNow.addAll(changes);
        }

        @Override
        public void checkAtOnce() throws SQLException {
            request();
            checksAtOnce = true;
        }

        void add(TableName table, @Nullable Object[] row) throws SQLException {
            if (refuses.test(table, row)) {
                throw new SQLException("Data too long: " + Arrays.toString(row), "22001", 1406);
            }
            SimulatedTables seen = Objects.requireNonNull(view);
            for (KeyValue key : seen.keyValues(table, row)) {
                touch(key);
            }
            if (table.equals(SimulatedSource.GOODS)) {
                requireParent(seen, row[1]);
            }
            Long other = seen.conflict(table, row);
            boolean isOurs =
                    other != null && added.getOrDefault(table, Map.of()).containsKey(other);
            if (other != null && (!optimistic || checksAtOnce || isOurs)) {
                throw error(DUPLICATE, "duplicate " + Arrays.toString(row) + " in " + table);
            }
            isDuplicate |= other != null; // told at COMMIT
            requireRoom();
            long id = nextRow++;
            seen.rows(table).put(id, row);
            added.computeIfAbsent(table, key -> new LinkedHashMap<>()).put(id, row);
        }

        private boolean looksAtForeignKeys() {
            return checksForeignKeys && !leavesForeignKeys;
        }

        private void requireParent(SimulatedTables seen, @Nullable Object owner) throws SQLException {
            if (!looksAtForeignKeys()) {
                return;
            }
            @Nullable Object[] parent = {owner};
            for (KeyValue key : seen.keyValues(SimulatedSource.OWNERS, parent)) {
                touch(key);
            }
            if (seen.conflict(SimulatedSource.OWNERS, parent) == null) {
                throw new SQLException("no parent " + owner, "23000", NO_PARENT);
            }
        }

        /** The server removes the children too: the log does not have them. */
        private void cascade(SimulatedTables seen, @Nullable Object owner) throws SQLException {
            for (Map.Entry<Long, @Nullable Object[]> child :
                    List.copyOf(seen.rows(SimulatedSource.GOODS).entrySet())) {
                if (looksAtForeignKeys() && Objects.equals(child.getValue()[1], owner)) {
                    take(SimulatedSource.GOODS, child.getKey());
                }
            }
        }

        private void requireRoom() throws SQLException {
            if (++rowsTouched > transactionRowsMax
                    && !owner.equals("operator")) { // a replay is one transaction, however large
                throw error(optimistic ? TRANSACTION_TOO_LARGE : BINLOG_CACHE_FULL, "transaction is too large");
            }
        }

        void remove(TableName table, long id) throws SQLException {
            SimulatedTables seen = Objects.requireNonNull(view);
            requireRoom();
            @Nullable Object[] row = Objects.requireNonNull(seen.rows(table).get(id));
            take(table, id);
            if (table.equals(SimulatedSource.OWNERS)) {
                cascade(seen, row[0]);
            }
        }

        private void take(TableName table, long id) throws SQLException {
            SimulatedTables seen = Objects.requireNonNull(view);
            touch(id);
            for (KeyValue key : seen.keyValues(
                    table, Objects.requireNonNull(seen.rows(table).get(id)))) {
                touch(key);
            }
            seen.rows(table).remove(id);
            Map<Long, @Nullable Object[]> ours = added.get(table);
            if (ours == null || ours.remove(id) == null) {
                removed.computeIfAbsent(table, key -> new HashSet<>()).add(id);
            }
        }

        private void apply(SimulatedTables base) {
            removed.forEach((table, ids) -> base.rows(table).keySet().removeAll(ids));
            added.forEach((table, rows) -> base.rows(table).putAll(rows));
        }

        @Override
        public void commit() throws SQLException {
            if (dead) {
                throw lost();
            }
            interlude.run();
            if (dead) {
                throw lost();
            }
            boolean isHanging = random.nextInt(1000) < hangs;
            if (!isHanging && random.nextInt(1000) >= faults) {
                commitNow();
                return;
            }
            dead = true;
            int fate = isHanging ? 2 : random.nextInt(6);
            if (fate == 0) {
                end(); // never arrived
            } else if (fate == 1) {
                abandoned = true; // never arrives, the server notices later
            } else if (fate == 2) {
                inCommit = true; // comes through later, or not, for all the client knows
                late.add(this::commitLate);
                hanging.accept(rowsTouched);
            } else {
                SQLException refused = null;
                try {
                    commitNow();
                } catch (SQLException e) {
                    refused = e;
                }
                end();
                if (refused == null && fate == 3) {
                    throw new Crash();
                }
            }
            throw lost();
        }

        private void commitLate() {
            try {
                commitNow();
            } catch (SQLException conflict) {
                discard();
            }
            inCommit = false;
            end();
        }

        private void commitNow() throws SQLException {
            if (optimistic) {
                for (Object key : touched) {
                    long at = changedAt.getOrDefault(key, 0L);
                    if (at > startedAt) {
                        boolean isTable = key instanceof TableName;
                        throw fail(error(isTable ? SCHEMA_CHANGED : WRITE_CONFLICT, "conflict at " + key));
                    }
                }
            }
            if (isDuplicate) {
                throw fail(error(DUPLICATE, "duplicate, told at COMMIT"));
            }
            clock++;
            apply(tables);
            lanesWritten.values().forEach(row -> claimed.merge(owner, row.epoch(), Long::max));
            lanes.keySet().removeAll(lanesRemoved);
            lanes.putAll(lanesWritten);
            if (!quarantinedNow.isEmpty() || !releasedNow.isEmpty()) {
                List<QuarantinedChange> changes = new ArrayList<>(register.changes());
                changes.removeAll(releasedNow);
                changes.addAll(quarantinedNow);
                register = new Quarantine.Register(register.generation() + (releasedNow.isEmpty() ? 0 : 1), changes);
            }
            touched.stream().filter(key -> !(key instanceof TableName)).forEach(key -> changedAt.put(key, clock));
            if (!added.isEmpty() || !removed.isEmpty()) {
                commits++;
            }
            discard();
        }

        @Override
        public List<LaneRow> lanes(CheckpointKey key, boolean forUpdate) throws SQLException {
            request();
            begin();
            List<LaneRow> result = new ArrayList<>();
            for (LaneRow row : lanesSeen.values()) {
                if (forUpdate) {
                    touch("lane " + row.lane());
                }
                result.add(copy(row));
            }
            return result;
        }

        @Override
        public @Nullable LaneRow lane(CheckpointKey key, int lane) throws SQLException {
            request();
            begin();
            touch("lane " + lane);
            LaneRow row = lanesSeen.get(lane);
            return row == null ? null : copy(row);
        }

        private LaneRow copy(LaneRow row) {
            AppliedRanges applied = AppliedRanges.parse(row.applied().toString());
            return new LaneRow(row.lane(), row.epoch(), row.low(), applied, Instant.EPOCH);
        }

        @Override
        public boolean updateLane(CheckpointKey key, LaneRow row) throws SQLException {
            request();
            begin();
            touch("lane " + row.lane());
            LaneRow old = lanesSeen.get(row.lane());
            if (old == null || old.epoch() != row.epoch()) {
                return false;
            }
            lanesWritten.put(row.lane(), copy(row));
            return true;
        }

        @Override
        public void putLane(CheckpointKey key, LaneRow row) throws SQLException {
            request();
            begin();
            touch("lane " + row.lane());
            lanesWritten.put(row.lane(), copy(row));
            lanesRemoved.remove(row.lane());
        }

        @Override
        public void dropLanesFrom(CheckpointKey key, int lane) throws SQLException {
            request();
            begin();
            for (int number : lanesSeen.keySet()) {
                if (number >= lane) {
                    touch("lane " + number);
                    lanesRemoved.add(number);
                }
            }
        }

        @Override
        public void leaveForeignKeys(boolean leave) throws SQLException {
            request();
            leavesForeignKeys = leave;
        }

        @Override
        public List<Families.Link> foreignKeys() throws SQLException {
            request();
            return checksForeignKeys
                    ? List.of(new Families.Link(SimulatedSource.GOODS, SimulatedSource.OWNERS, "id", true, false))
                    : List.of();
        }

        @Override
        public @Nullable TargetTable table(TableName name) throws SQLException {
            request();
            TargetTable table = tables.structure(name);
            return SimulatedSource.SEATS.equals(name) && table != null
                    ? new TargetTable(
                            name, table.columns(), table.keys().subList(0, 1)) // the other was made by hand since
                    : table;
        }

        @Override
        public void rollback() {
            if (!dead) {
                discard();
            }
        }

        @Override
        public void close() {
            if (!dead) {
                end();
            }
        }

        @Override
        public boolean lock(CheckpointKey key) throws SQLException {
            request();
            Session holder = ddlLock;
            if (holder == null) {
                ddlLock = this;
            } else if (holder != this && !holder.inCommit && random.nextInt(3) == 0) {
                holder.end(); // idle: ended by KILL
            }
            if (ddlLock != this) {
                return false;
            }
            epochAtLock =
                    lanes.values().stream().mapToLong(LaneRow::epoch).max().orElse(0);
            return true;
        }

        @Override
        public long epoch(CheckpointKey key) throws SQLException {
            request();
            return lanes.values().stream().mapToLong(LaneRow::epoch).max().orElse(0);
        }

        @Override
        public String structure(TableName name) throws SQLException {
            request();
            TargetTable table = tables.structure(name);
            return table == null ? "" : table.toString();
        }

        @Override
        public boolean isRunning(String statement) throws SQLException {
            request();
            return running.stream().anyMatch(ddl -> ddl.statement().equals(statement));
        }

        @Override
        public @Nullable JournalEntry journal(JournalKey key) throws SQLException {
            request();
            return journal.get(key);
        }

        @Override
        public void started(JournalKey key, RoutedDdl ddl, String note) throws SQLException {
            request();
            journal.put(key, new JournalEntry("started", note));
            loseAnswer();
        }

        @Override
        public void ended(JournalKey key, String state, @Nullable String note) throws SQLException {
            request();
            journal.put(key, new JournalEntry(state, note));
            loseAnswer();
        }

        private void loseAnswer() throws SQLException {
            if (random.nextInt(1000) < faults) {
                dead = true;
                end();
                throw lost();
            }
        }

        @Override
        public void execute(RoutedDdl ddl) throws SQLException {
            request();
            if (ddlLock != this) {
                throw new AssertionError(owner + " executes DDL without the lock");
            }
            if (claimed.getOrDefault(owner, 0L) < epochAtLock) {
                throw new AssertionError(owner + " executes DDL though it was no owner when it got the lock");
            }
            boolean later = random.nextInt(1000) < faults;
            if (later) { // the connection is gone, the statement goes on; MySQL keeps the session until then, TiDB has
                // a job
                dead = true;
                running.add(ddl);
                if (optimistic) {
                    end();
                } else {
                    inCommit = true;
                }
                late.add(() -> finish(ddl));
                throw lost();
            }
            run(ddl);
            if (random.nextInt(1000) < faults) {
                dead = true;
                end();
                if (random.nextBoolean()) {
                    throw new Crash();
                }
                throw lost();
            }
        }

        private void finish(RoutedDdl ddl) {
            try {
                run(ddl);
            } catch (SQLException e) {
                if (e.getErrorCode() == DEADLOCK) {
                    late.add(() -> finish(ddl)); // waits for those who use the table
                    return;
                }
            }
            running.remove(ddl);
            inCommit = false;
            end();
        }

        private void run(RoutedDdl ddl) throws SQLException {
            TableName name = ddl.targetTables().get(0);
            if (!optimistic && open.stream().anyMatch(session -> session != this && session.touched.contains(name))) {
                throw error(DEADLOCK, "the table is in use");
            }
            List<String> specifications = SimulatedTables.specifications(ddl.statement());
            if (optimistic && specifications.size() > 1) {
                throw new SQLException("several at once", "HY000", UNSUPPORTED);
            }
            SimulatedTables altered = tables.copy();
            for (String specification : specifications) {
                alter(altered, name, specification);
            }
            tables = altered;
            changedAt.put(name, ++clock);
        }

        private static void alter(SimulatedTables altered, TableName name, String specification) throws SQLException {
            String[] words = specification.split(" ");
            boolean isThere = words.length > 1 && altered.existing(name).column(words[1]) != null;
            if (words[0].equals("ADD") && isThere) {
                throw new SQLException("duplicate column", "42S21", 1060);
            } else if (words[0].equals("DROP") && !isThere) {
                throw new SQLException("no such column", "42000", 1091);
            } else if (words[0].equals("RENAME") && !isThere) {
                throw new SQLException("unknown column", "42S22", 1054);
            }
            altered.alter(name, specification);
        }
    }

    /** One planned statement, as MySQL executes it. */
    private record Execution(Session session, SimulatedTables view, TargetTable table, Write write) {
        long run() throws SQLException {
            long affected = 0;
            if (write instanceof Write.Delete delete) {
                for (@Nullable Object[] image : delete.images()) {
                    affected += delete(image);
                }
            } else if (write instanceof Write.Insert insert) {
                for (@Nullable Object[] image : insert.images()) {
                    session.add(table.name(), row(image));
                    affected++;
                }
            } else if (write instanceof Write.Upsert upsert) {
                for (@Nullable Object[] image : upsert.images()) {
                    affected += upsert(row(image));
                }
            } else if (write instanceof Write.Replace replace) {
                for (@Nullable Object[] image : replace.images()) {
                    affected += replace(row(image));
                }
            } else if (write instanceof Write.UpdateOne update) {
                affected = deleteOne(update.before());
                if (affected == 1) {
                    session.add(table.name(), row(update.after()));
                }
            } else if (write instanceof Write.DeleteOne delete) {
                affected = deleteOne(delete.before());
            }
            return affected;
        }

        List<Integer> missing() throws SQLException {
            List<Integer> result = new ArrayList<>();
            for (int i = 0; i < write.images().size(); i++) {
                @Nullable Object[] wanted = row(write.images().get(i));
                boolean isThere = write.mapping().isKeyless()
                        ? view.rows(table.name()).values().stream().anyMatch(row -> Arrays.equals(row, wanted))
                        : view.rows(table.name()).values().stream().anyMatch(row -> view.keyValues(table.name(), row)
                                .contains(keyValue(wanted)));
                if (!isThere) {
                    result.add(i);
                }
            }
            return result;
        }

        private SimulatedTables.KeyValue keyValue(@Nullable Object[] wanted) {
            int key = rowKey();
            for (SimulatedTables.KeyValue each : view.keyValues(table.name(), wanted)) {
                if (each.key() == key) {
                    return each;
                }
            }
            throw new IllegalStateException("a row key is never NULL");
        }

        /** What the image makes of a row of the table as it is now. */
        private @Nullable Object[] row(@Nullable Object[] image) throws SQLException {
            @Nullable Object[] row = new @Nullable Object[table.columns().size()];
            for (int index : write.mapping().written()) {
                int there = SimulatedTables.indexOf(
                        table, write.mapping().column(index).name());
                if (there < 0) {
                    throw new SQLException("unknown column", "42S22", 1054);
                }
                row[there] = image[index];
            }
            for (int i = 0; i < row.length; i++) {
                String name = table.columns().get(i).name();
                if (table.columns().get(i).generated()) {
                    row[i] = row[SimulatedTables.indexOf(table, name.substring(RandomSchema.GENERATED.length()))];
                }
            }
            return row;
        }

        private long delete(@Nullable Object[] image) throws SQLException {
            @Nullable Object[] wanted = row(image);
            SimulatedTables.KeyValue value = keyValue(wanted);
            for (Map.Entry<Long, @Nullable Object[]> row :
                    List.copyOf(view.rows(table.name()).entrySet())) {
                if (view.keyValues(table.name(), row.getValue()).contains(value)) {
                    session.remove(table.name(), row.getKey());
                    return 1;
                }
            }
            if (!session.isOptimistic()) {
                session.touch(value);
            }
            return 0;
        }

        /** The key whose columns, in any order, are those by which the mapping finds rows. */
        private int rowKey() {
            Set<String> wanted = new HashSet<>();
            for (int index : write.mapping().rowKey()) {
                wanted.add(write.mapping().column(index).name());
            }
            for (int key = 0; key < table.keys().size(); key++) {
                Set<String> parts = new HashSet<>();
                table.keys().get(key).parts().forEach(part -> parts.add(String.valueOf(part.column())));
                if (parts.equals(wanted)) {
                    return key;
                }
            }
            throw new IllegalStateException("no key");
        }

        private long upsert(@Nullable Object[] row) throws SQLException {
            Long other = view.conflict(table.name(), row);
            if (other == null) {
                session.add(table.name(), row);
                return 1;
            }
            @Nullable
            Object[] old = Objects.requireNonNull(view.rows(table.name()).get(other));
            @Nullable Object[] changed = old.clone();
            for (int index : write.mapping().written()) {
                if (!write.mapping().isIdentity(index)) {
                    int there = SimulatedTables.indexOf(
                            table, write.mapping().column(index).name());
                    changed[there] = row[there];
                }
            }
            for (int i = 0; i < changed.length; i++) {
                changed[i] = table.columns().get(i).generated() ? row[i] : changed[i];
            }
            session.remove(table.name(), other);
            session.add(table.name(), changed);
            return Arrays.equals(old, changed) ? 1 : 2;
        }

        private long replace(@Nullable Object[] row) throws SQLException {
            long affected = 1;
            for (Long other = view.conflict(table.name(), row);
                    other != null;
                    other = view.conflict(table.name(), row)) {
                session.remove(table.name(), other);
                affected++;
            }
            session.add(table.name(), row);
            return affected;
        }

        private long deleteOne(@Nullable Object[] image) throws SQLException {
            @Nullable Object[] wanted = row(image);
            for (Map.Entry<Long, @Nullable Object[]> row :
                    List.copyOf(view.rows(table.name()).entrySet())) {
                if (Arrays.equals(row.getValue(), wanted)) {
                    session.remove(table.name(), row.getKey());
                    return 1;
                }
            }
            return 0;
        }
    }
}
