package io.tiderace.config;

import java.util.List;

/**
 * When the first copy has to wait for the source and its replicas.
 *
 * @param historyListLength of InnoDB's undo log, in transactions; above it the copy lets go of its view until half of it is cleared away; 0 for no
 *     limit
 * @param replicaLagMs of the source, when it is a replica itself, and of the replicas named; 0 for no limit
 * @param replicas asked with the source's user and password
 */
public record CopyLimits(long historyListLength, long replicaLagMs, List<Replica> replicas) {
    /** What holds without a word in tiderace.yaml. */
    public static final CopyLimits DEFAULT = new CopyLimits(10_000_000, 60_000, List.of());

    public CopyLimits {
        replicas = List.copyOf(replicas);
    }

    /** A replica's address. */
    public record Replica(String host, int port) {}
}
