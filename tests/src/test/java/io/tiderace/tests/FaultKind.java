package io.tiderace.tests;

import java.util.List;
import java.util.Locale;

/** What a fault is and what it can befall. */
enum FaultKind {
    /** SIGKILL of one process. */
    KILL("kill -9 of one of two processes", Subjects.SERVICES),
    /** SIGKILL of both processes of a service at the same moment. */
    KILL_BOTH("kill -9 of both processes", Subjects.SERVICES),
    /** Ten SIGKILLs of processes of all services within some fifteen seconds. */
    STORM("ten times kill -9, one every 1.5 s at most", List.of("services")),
    /** SIGSTOP and SIGCONT before anybody misses the process. */
    PAUSE("SIGSTOP, SIGCONT within 4 s", Subjects.SERVICES),
    /** SIGSTOP of the process that does the work, for longer than its session: it comes back when another has its work. */
    ZOMBIE("SIGSTOP, SIGCONT after 10 s: a zombie", Subjects.SERVICES),
    /** The process that does the work hears nothing of Kafka, but all of its database, and another gets its work. */
    OWNERS("10 s without Kafka, with its database: two owners", Subjects.SERVICES),
    /** SIGTERM in the middle of its work: a rebalance in the middle of a group. */
    LEAVE("SIGTERM, and again: two rebalances", Subjects.SERVICES),
    /** The applier goes on with another number of lanes. */
    LANES("another worker-count", List.of("applier")),
    /** SIGKILL of the applier at a step of a statement's journal. */
    DDL("kill -9 of both appliers in a DDL statement", List.of("sent", "started", "step", "done")),
    /** Orderly. */
    RESTART("restart", Subjects.SERVERS),
    /** SIGKILL. */
    CRASH("kill -9 and start", Subjects.SERVERS),
    FREEZE("SIGSTOP, SIGCONT within 6 s", Subjects.SERVERS),
    CUT("connections cut", Subjects.LINKS),
    REFUSE("connections refused for 5 s", Subjects.LINKS),
    DELAY("bytes 150 ms late for 6 s", Subjects.LINKS),
    THROTTLE("64 KiB/s for 6 s", Subjects.LINKS),
    /** No byte passes for a while; then those that were on their way arrive. */
    SILENCE("nothing passes for 8 s, then all of it", Subjects.LINKS),
    /** Open connections never pass a byte again and are not closed. */
    HALF_OPEN("open connections dead for good, unheard", Subjects.LINKS),
    DISK("disk full for 5 s", List.of("kafka")),
    CLOCK(
            "clock an hour ahead, then an hour behind (Kafka: then started again)",
            List.of("capture", "router", "applier", "kafka"));

    private final String description;
    private final List<String> subjects;

    FaultKind(String description, List<String> subjects) {
        this.description = description;
        this.subjects = subjects;
    }

    String description() {
        return description;
    }

    List<String> subjects() {
        return subjects;
    }

    /** As on the command line. */
    String option() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static FaultKind of(String option) {
        return valueOf(option.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /** An enum's constants cannot name its own. */
    static final class Subjects {
        static final List<String> SERVICES = List.of("capture", "router", "applier");
        static final List<String> SERVERS = List.of("kafka", "source", "target");
        static final List<String> LINKS =
                List.of("capture-source", "capture-kafka", "router-kafka", "applier-kafka", "applier-target");

        private Subjects() {}
    }
}
