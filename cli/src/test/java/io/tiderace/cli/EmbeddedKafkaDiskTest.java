package io.tiderace.cli;

import io.tiderace.schemas.TideraceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The embedded Kafka gives up, with one clear error, before its disk is full. */
class EmbeddedKafkaDiskTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    @Test
    void doesNotStartOnAFullDisk() {
        assertThatThrownBy(() -> EmbeddedKafka.start(folder, 0, Long.MAX_VALUE)).hasMessageContaining("TR-L104");
        assertThat(folder.resolve("meta.properties")).doesNotExist();
    }

    @Test
    void failsWhenTheDiskFills() throws Exception {
        long reserve = folder.toFile().getUsableSpace() - 150L * MIB;
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"), 0, reserve)) {
            Files.write(folder.resolve("filler"), new byte[300 * MIB]);
            TideraceException failure = kafka.failure().get(10, TimeUnit.SECONDS);
            assertThat(failure).hasMessageContaining("TR-L104").hasMessageContaining(folder.toString());
            assertThat(failure.exitCode()).isEqualTo(4);
        }
    }
}
