package io.tiderace.router;

import io.tiderace.schemas.TideraceException;
import java.time.Duration;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: a broker that stood still for some seconds does not end the router, one that does so all the time ends it with a known error. */
class LostTransactionsTest {
    private static final StreamsException LOST = new StreamsException(
            "Error encountered trying to commit a transaction",
            new InvalidTxnStateException("The producer attempted a transactional operation in an invalid state."));

    @Test
    void aTransactionThatKafkaEndedIsRoutedAgain() {
        assertThat(new LostTransactions().isToBeRoutedAgain(LOST, 1)).isTrue();
    }

    @Test
    void anythingElseEndsTheRouter() {
        assertThat(new LostTransactions().isToBeRoutedAgain(new StreamsException("no"), 1))
                .isFalse();
    }

    @Test
    void fiveTimesAMinuteAndNoMore() {
        LostTransactions lost = new LostTransactions();
        long second = Duration.ofSeconds(1).toNanos();
        for (int i = 0; i < 5; i++) {
            assertThat(lost.isToBeRoutedAgain(LOST, i * second)).isTrue();
        }
        assertThat(lost.isToBeRoutedAgain(LOST, 5 * second)).isFalse();
        assertThat(lost.isToBeRoutedAgain(LOST, 100 * second)).isTrue();
    }

    @Test
    void inTheEndTheErrorSaysWhatToDo() {
        assertThat(StreamsFailure.of(LOST, "t", "kafka:9092"))
                .isInstanceOf(TideraceException.RetriesExhaustedException.class)
                .hasMessageContaining("TR-R014");
    }
}
