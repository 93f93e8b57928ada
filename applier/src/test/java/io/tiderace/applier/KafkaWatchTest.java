package io.tiderace.applier;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: the status says why nothing comes when Kafka is away, and only then. */
class KafkaWatchTest {
    @Test
    void silenceIsToldFromSixSecondsOnUntilAnAnswer() {
        KafkaWatch watch = new KafkaWatch("kafka:9092");
        assertThat(watch.look(-1)).isNull();
        assertThat(watch.look(3)).isNull();
        assertThat(watch.look(7)).isEqualTo("Kafka at kafka:9092 has not answered for 7 s");
        assertThat(watch.look(8)).contains("8 s");
        assertThat(watch.look(1)).isNull();
    }
}
