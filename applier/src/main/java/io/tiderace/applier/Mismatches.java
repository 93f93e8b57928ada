package io.tiderace.applier;

import io.tiderace.applier.Work.Group;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts rows that the target did not hold as the source did, by the counts it returns; tells of them at most every ten seconds. Thread-safe. */
final class Mismatches {
    private static final Logger LOG = LoggerFactory.getLogger(Mismatches.class);
    private static final long PAUSE_NS = TimeUnit.SECONDS.toNanos(10);

    private final AtomicLong count = new AtomicLong();
    private final AtomicLong statements = new AtomicLong();
    private final AtomicLong toldAt = new AtomicLong(System.nanoTime() - PAUSE_NS);

    /** A missing row makes a DELETE count one less, and an upsert 1 instead of 2. */
    void compare(Write write, long affected, Group group) {
        statements.incrementAndGet();
        if (write.expected() < 0 || affected == write.expected()) {
            return;
        }
        long missing = Math.abs(write.expected() - affected);
        long total = count.addAndGet(missing);
        long last = toldAt.get();
        long now = System.nanoTime();
        if (now - last >= PAUSE_NS && toldAt.compareAndSet(last, now)) {
            LOG.atWarn()
                    .addKeyValue("table", write.mapping().target().name())
                    .addKeyValue("rows", missing)
                    .addKeyValue("rowsSinceStart", total)
                    .addKeyValue("in", group.describe())
                    .log("the target lacked rows that the source updated or deleted; updated ones were inserted");
        }
    }

    long count() {
        return count.get();
    }

    long statements() {
        return statements.get();
    }
}
