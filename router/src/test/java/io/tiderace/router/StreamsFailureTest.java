package io.tiderace.router;

import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: what ends Streams is told to the operator with its cause and its cure. */
class StreamsFailureTest {
    @Test
    void aClockFarAheadIsNamed() {
        StreamsException refused = new StreamsException(
                "Error encountered sending record to topic tiderace.router.t-progress.s-changelog",
                new InvalidTimestampException("Timestamp 1795310134828 of message with offset 0 is out of range."));
        assertThat(StreamsFailure.of(refused, "t", "kafka:9092"))
                .isInstanceOf(RetriesExhaustedException.class)
                .hasMessageContaining("TR-R015")
                .hasMessageContaining("Timestamp 1795310134828")
                .hasMessageContaining("set both clocks");
    }

    /** A broker whose disk is full, for one. */
    @Test
    void aBrokerThatFailsAtARequestIsNoBugOfOurs() {
        StreamsException failed = new StreamsException(
                "Error encountered trying to commit a transaction",
                new KafkaException("Unhandled error in EndTxnResponse: " + Errors.UNKNOWN_SERVER_ERROR.message()));
        assertThat(StreamsFailure.of(failed, "t", "kafka:9092"))
                .isInstanceOf(RetriesExhaustedException.class)
                .hasMessageContaining("TR-R016")
                .hasMessageContaining("EndTxnResponse");
        StreamsException named = new StreamsException("Error encountered", Errors.UNKNOWN_SERVER_ERROR.exception());
        assertThat(StreamsFailure.of(named, "t", "kafka:9092")).hasMessageContaining("TR-R016");
    }

    @Test
    void whatNobodyKnowsIsABug() {
        StreamsException unknown = new StreamsException("Something", new KafkaException("else"));
        assertThat(StreamsFailure.of(unknown, "t", "kafka:9092")).isSameAs(unknown);
    }
}
