package io.tiderace.router;

import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.DataException;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.streams.errors.MissingSourceTopicException;

/** What a failure of Streams means for the operator. Streams wraps what was thrown, some of it more than once. */
final class StreamsFailure {
    private StreamsFailure() {}

    static RuntimeException of(Throwable thrown, String task, String bootstrapServers) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof TideraceException ours) {
                return ours;
            }
            if (cause instanceof RecordTooLargeException tooLarge) {
                return new DataException(
                        "TR-R010",
                        "task " + task + ": a change does not fit into the apply topic: " + cause.getMessage(),
                        "raise max-message-bytes in tiderace.yaml and start again: nothing was lost",
                        tooLarge);
            }
            if (cause instanceof AuthenticationException || cause instanceof AuthorizationException) {
                return new ConfigException(
                        "TR-R011",
                        "task " + task + ": Kafka at " + bootstrapServers + " refuses the router: "
                                + cause.getMessage(),
                        "correct the security settings under kafka: in tiderace.yaml; the router reads and writes topics with the topic"
                                + " prefix, creates topics that begin with its application id (tiderace.router.), and uses consumer group and"
                                + " transactional ids of that name",
                        cause);
            }
            if (cause instanceof InvalidTimestampException) {
                return new RetriesExhaustedException(
                        "TR-R015",
                        "task " + task + ": Kafka at " + bootstrapServers
                                + " refuses records because this machine's clock is far ahead of the broker's: "
                                + cause.getMessage(),
                        "set both clocks (NTP), or give the topic message.timestamp.type=LogAppendTime, then start again: the router goes on"
                                + " where it was",
                        cause);
            }
            if (cause instanceof MissingSourceTopicException) {
                return new DataException(
                        "TR-R012",
                        "task " + task + ": a relay topic is gone: " + cause.getMessage(),
                        "somebody deleted it; start the task under a new name with a new copy",
                        cause);
            }
        }
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof RetriableException) {
                return unreachable(task, bootstrapServers, cause);
            }
            if (isBrokersOwn(cause)) {
                return new RetriesExhaustedException(
                        "TR-R016",
                        "task " + task + ": a broker of Kafka at " + bootstrapServers + " failed at a request: "
                                + cause.getMessage(),
                        "its log says why (a full disk, for one); start again when it is well: the router goes on where it was",
                        cause);
            }
            if (LostTransactions.isLost(cause)) {
                return new RetriesExhaustedException(
                        "TR-R014",
                        "task " + task + ": Kafka at " + bootstrapServers
                                + " ends the router's transactions before they are committed, again and again: "
                                + cause.getMessage(),
                        "see that the brokers answer within three seconds (load, disks, network), then start again: the router goes on where"
                                + " it was",
                        cause);
            }
        }
        return thrown instanceof RuntimeException runtime ? runtime : new IllegalStateException(thrown);
    }

    /** An answer that the clients have no class for stands in the message of theirs. */
    private static boolean isBrokersOwn(Throwable cause) {
        return cause instanceof KafkaException
                && String.valueOf(cause.getMessage()).contains(Errors.UNKNOWN_SERVER_ERROR.message());
    }

    static RetriesExhaustedException unreachable(String task, String bootstrapServers, Throwable cause) {
        return new RetriesExhaustedException(
                "TR-R013",
                "task " + task + ": Kafka at " + bootstrapServers + " has not answered for a minute: "
                        + cause.getMessage(),
                "see that the brokers run and are reachable from here, then start again: the router goes on where it was",
                cause);
    }
}
