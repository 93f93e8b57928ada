package io.tiderace.applier;

import io.tiderace.applier.Compactor.MappedRow;
import io.tiderace.applier.QuarantineRule.Held;
import io.tiderace.applier.QuarantineRule.Split;
import io.tiderace.applier.Work.Group;
import io.tiderace.schemas.ChangeEvent.RowChange;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What of a lane's group is applied and what goes into quarantine. Records go to the topic before the register says so, and the register is
 * written in the group's transaction: records that no register names are of attempts that came to nothing. One thread.
 */
final class GroupQuarantine {
    private final Quarantine quarantine;
    private final IdentityHashMap<RowChange, String> refused = new IdentityHashMap<>();
    private final IdentityHashMap<RowChange, Long> offsets = new IdentityHashMap<>();
    private Group group = new Group(List.of(), AppliedPosition.START);
    private List<MappedRow> rows = List.of();
    private List<Held> held = List.of();
    private List<QuarantinedChange> stored = List.of();
    private Set<QuarantinedChange.Id> known = Set.of();
    private long splitAt;
    private boolean checksAtOnce;

    GroupQuarantine(Quarantine quarantine) {
        this.quarantine = quarantine;
    }

    void begin(Group next) {
        group = next;
        refused.clear();
        offsets.clear();
        checksAtOnce = false;
        split();
    }

    private void split() {
        splitAt = quarantine.generation();
        rows = group.rows();
        held = List.of();
        stored = List.of();
        if (quarantine.size() > 0 || !refused.isEmpty()) {
            Split split = QuarantineRule.split(rows, quarantine::waits, refused);
            rows = split.applied();
            held = split.held();
        }
    }

    /** What is to be applied of the group. */
    List<MappedRow> rows() {
        return rows;
    }

    /** Before an attempt's first request. */
    void restart() {
        known = isInvolved() ? quarantine.ids() : Set.of();
    }

    boolean isInvolved() {
        return checksAtOnce || !held.isEmpty();
    }

    /**
     * The first request of an attempt that has to do with quarantine: locks the register.
     *
     * @return true when {@link #rows} are others now
     */
    boolean lock(TargetSession session) throws SQLException {
        if (checksAtOnce) {
            session.checkAtOnce();
        }
        if (session.lockQuarantine(quarantine.key()) == splitAt) {
            return false;
        }
        quarantine.follow(known, session.quarantine(quarantine.key()));
        split();
        return true;
    }

    /**
     * The target refused the one row of a statement.
     *
     * @return false when it cannot be said which change that is
     */
    boolean refuse(Write write, String reason) {
        RowChange first = QuarantineRule.firstOf(rows, write.images().get(0));
        if (first == null || refused.containsKey(first)) {
            return false;
        }
        quarantine.requireRoom(held.size() + 1, reason);
        Quarantine.tell(RowErrors.describe(write, 0, group), reason);
        refused.put(first, reason);
        split();
        return true;
    }

    /** The target refused something at COMMIT only: the next attempt has every statement checked at once. False when it did so already. */
    boolean checkAtOnce() {
        boolean isNew = !checksAtOnce;
        checksAtOnce = true;
        return isNew;
    }

    boolean isTaking() {
        return quarantine.isTaking();
    }

    /** Writes what is held to the topic and to the register. */
    void store(TargetSession session) throws SQLException, InterruptedException {
        List<Held> fresh = new ArrayList<>();
        List<QuarantineLog.Entry> entries = new ArrayList<>();
        for (Held each : held) {
            if (!offsets.containsKey(each.row().change())) {
                fresh.add(each);
                entries.add(new QuarantineLog.Entry(each.row().offset(), each.reason()));
            }
        }
        if (!fresh.isEmpty()) {
            List<Long> appended = quarantine.log().append(entries);
            for (int i = 0; i < appended.size(); i++) {
                offsets.put(fresh.get(i).row().change(), appended.get(i));
            }
        }
        List<QuarantinedChange> changes = new ArrayList<>();
        for (Held each : held) {
            changes.add(change(each));
        }
        quarantine.requireRoom(changes.size(), changes.get(0).reason());
        session.addQuarantined(quarantine.key(), changes);
        stored = changes;
    }

    private QuarantinedChange change(Held each) {
        RowChange change = each.row().change();
        Long offset = offsets.get(change);
        if (offset == null) {
            throw new IllegalStateException("a change is not in the quarantine topic");
        }
        return new QuarantinedChange(
                change.txn(),
                change.txnRow(),
                offset,
                each.row().mapping().target().name(),
                RowErrors.describe(change, each.row().mapping()),
                each.keys(),
                each.reason(),
                group.isReplay(change.txn()));
    }

    boolean isHolding() {
        return !held.isEmpty();
    }

    /** The group is in the target. */
    void applied() {
        quarantine.add(stored);
    }

    /** Statements with less rows each, to find the one that the target refuses; the row that its message names goes alone. */
    static List<Write> narrow(Write write, SQLException refusal) {
        List<@Nullable Object[]> images = write.images();
        int named = RowErrors.rowNamed(refusal);
        List<Write> parts = new ArrayList<>();
        int from = named >= 0 && named < images.size() ? named : images.size() / 2;
        int to = named >= 0 && named < images.size() ? named + 1 : from;
        for (int[] part : new int[][] {{0, from}, {from, to}, {to, images.size()}}) {
            if (part[0] < part[1]) {
                parts.add(write.part(images.subList(part[0], part[1])));
            }
        }
        return parts;
    }
}
