package io.tiderace.applier;

import io.tiderace.applier.Intake.Input;
import io.tiderace.applier.Work.Group;
import io.tiderace.applier.Work.Prepared;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Changes of one key are applied in the source's order, others in any. A transaction that shares keys with unfinished groups goes into the
 * last of these while that is open, else into one that begins when they are in the target; meanwhile what comes after it and shares no
 * key goes on. A group only ever waits for older ones.
 */
final class ByKeys implements Distribution {
    /** Two full groups: the more is looked at ahead, the more of it shares keys with something that is before it. */
    private static final long OPEN_ROWS = 6_000;

    /** The last group that touches a key, of those that are not in the target. */
    private final Map<Long, OpenGroup> holders = new HashMap<>();

    /** By age. */
    private final List<OpenGroup> open = new ArrayList<>();

    private final IdentityHashMap<Group, OpenGroup> running = new IdentityHashMap<>();
    private final List<OpenGroup> met = new ArrayList<>();
    private final int openMax;
    private long opened;
    private long openRows;

    /** @param openMax open groups from which on no other is made so that a transaction waits for no more than it has to */
    ByKeys(int openMax) {
        this.openMax = openMax;
    }

    @Override
    public boolean hasRoom() {
        return openRows < OPEN_ROWS;
    }

    @Override
    public void offer(Prepared transaction) {
        meet(transaction.keys());
        OpenGroup group = groupFor(transaction);
        met.forEach(group::follow);
        group.add(transaction);
        openRows += transaction.rows().size();
        for (long key : transaction.keys()) {
            holders.put(key, group);
        }
    }

    /** Whom the keys have to come after. */
    private void meet(long[] keys) {
        met.clear();
        for (long key : keys) {
            OpenGroup holder = holders.get(key);
            if (holder != null && !met.contains(holder)) {
                met.add(holder);
            }
        }
    }

    private OpenGroup groupFor(Prepared transaction) {
        long newest = 0;
        for (OpenGroup holder : met) {
            newest = Math.max(newest, holder.number());
        }
        OpenGroup last = null;
        for (OpenGroup candidate : open) {
            if (candidate.number() >= newest && candidate.hasRoom(transaction)) {
                if (met.isEmpty() ? !candidate.isBlocked() : candidate.follows(met)) {
                    return candidate;
                }
                last = candidate;
            }
        }
        if (last != null && open.size() >= openMax) {
            return last;
        }
        OpenGroup fresh = new OpenGroup(++opened);
        open.add(fresh);
        return fresh;
    }

    @Override
    public void hurry() {
        open.forEach(OpenGroup::hurry);
    }

    @Override
    public boolean isReady(Input input) {
        return ready(input) != null;
    }

    private @Nullable OpenGroup ready(Input input) {
        for (OpenGroup group : open) {
            if (!group.isBlocked() && group.isReady(running.size(), input)) {
                return group;
            }
        }
        return null;
    }

    @Override
    public @Nullable Group next(Input input, AppliedPosition low) {
        OpenGroup next = ready(input);
        if (next == null) {
            return null;
        }
        open.remove(next);
        openRows -= next.rows();
        for (OpenGroup other : open) {
            if (other.number() < next.number() && !other.isBlocked()) {
                other.pass();
            }
        }
        Group group = new Group(next.transactions(), low);
        running.put(group, next);
        return group;
    }

    @Override
    public void finished(Group group) {
        OpenGroup done = running.remove(group);
        if (done == null) {
            throw new IllegalStateException("a group ended that was not begun: " + group.describe());
        }
        for (Prepared transaction : done.transactions()) {
            for (long key : transaction.keys()) {
                holders.remove(key, done);
            }
        }
        open.forEach(other -> other.forget(done));
    }

    @Override
    public boolean isIdle() {
        return open.isEmpty() && running.isEmpty();
    }

    @Override
    public int running() {
        return running.size();
    }

    @Override
    public void broken() {}
}
