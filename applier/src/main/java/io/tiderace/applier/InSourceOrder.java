package io.tiderace.applier;

import io.tiderace.applier.Intake.Input;
import io.tiderace.applier.Work.Group;
import io.tiderace.applier.Work.Prepared;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Commits in the source's order: transactions that follow each other make a group, groups are numbered as lanes take them, and commit by
 * number. A group is written while others before it are, unless it shares a key with one of them: then it begins when that one is in
 * the target. So no group waits at the target for a row of one behind it, and what it reads there is what the source had.
 */
final class InSourceOrder implements Distribution {
    private final Deque<OpenGroup> open = new ArrayDeque<>();
    private final CommitTurns turns = new CommitTurns();

    /** The last group that touches a key, of those that are not in the target. */
    private final Map<Long, Long> holders = new HashMap<>();

    private long opened;
    private long taken;
    private int running;

    @Override
    public boolean hasRoom() {
        return true;
    }

    @Override
    public void offer(Prepared transaction) {
        OpenGroup group = open.peekLast();
        if (group == null || !group.hasRoom(transaction)) {
            group = new OpenGroup(++opened);
            open.add(group);
        }
        group.add(transaction);
    }

    @Override
    public void hurry() {
        open.forEach(OpenGroup::hurry);
    }

    @Override
    public boolean isReady(Input input) {
        OpenGroup next = open.peek();
        return next != null && next.isReady(running, input);
    }

    @Override
    public @Nullable Group next(Input input, AppliedPosition low) {
        if (!isReady(input)) {
            return null;
        }
        OpenGroup group = open.remove();
        long number = ++taken;
        long after = 0;
        for (Prepared transaction : group.transactions()) {
            for (long key : transaction.keys()) {
                Long holder = holders.put(key, number);
                after = holder == null || holder == number ? after : Math.max(after, holder);
            }
        }
        running++;
        return new Group(group.transactions(), low, turns.turn(number, after));
    }

    @Override
    public void finished(Group group) {
        Long number = group.turn().number();
        for (Prepared transaction : group.transactions()) {
            for (long key : transaction.keys()) {
                holders.remove(key, number);
            }
        }
        running--;
        turns.passed(number);
    }

    @Override
    public boolean isIdle() {
        return running == 0 && open.isEmpty();
    }

    @Override
    public int running() {
        return running;
    }

    @Override
    public void broken() {
        turns.end();
    }
}
