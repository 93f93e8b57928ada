package io.tiderace.capture;

import io.tiderace.config.CopyLimits;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether the copy reads or waits. A limit that was passed counts as kept again at half of it, so that the copy does not go on and off.
 *
 * @param reason why it waits, as a sentence; null when it does not
 * @param isTooOld true when it waits for the source to clear away history, which it cannot while anybody looks at it
 */
record CopyPace(@Nullable String reason, boolean isTooOld) {
    static final CopyPace FREE = new CopyPace(null, false);

    /**
     * What was measured.
     *
     * @param historyListLength -1 when not known
     * @param lagMs of the servers that are replicas and of which it is known
     */
    record Load(long historyListLength, Map<String, Long> lagMs) {
        Load {
            lagMs = Map.copyOf(lagMs);
        }
    }

    boolean isWaiting() {
        return reason != null;
    }

    CopyPace next(CopyLimits limits, Load load) {
        long history = limits.historyListLength();
        if (history > 0 && load.historyListLength > (isTooOld ? history / 2 : history)) {
            return new CopyPace(
                    String.format(
                            "the source's history list is %d long, more than max-history-list-length %d%s",
                            load.historyListLength, history, isTooOld ? " / 2" : ""),
                    true);
        }
        long lag = limits.replicaLagMs();
        boolean wasLagging = reason != null && !isTooOld;
        for (Map.Entry<String, Long> server : new java.util.TreeMap<>(load.lagMs).entrySet()) {
            if (lag > 0 && server.getValue() > (wasLagging ? lag / 2 : lag)) {
                return new CopyPace(
                        String.format(
                                "replica %s is %d s behind, more than max-replica-lag %d s%s",
                                server.getKey(), server.getValue() / 1000, lag / 1000, wasLagging ? " / 2" : ""),
                        false);
            }
        }
        return FREE;
    }
}
