package io.tiderace.tests;

import io.tiderace.cli.Tiderace;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** The first thing a newcomer runs ends with equal tables, within a minute, and leaves nothing behind. */
@Timeout(120)
class DemoIT {
    @TempDir
    Path folder;

    @Test
    void theDemonstrationEndsWithEqualTables() throws Exception {
        JavaProcess demo = new JavaProcess(Tiderace.class, folder.resolve("demo.log"), "demo", "--target", "mysql");
        long begin = System.nanoTime();
        assertThat(demo.end(Duration.ofSeconds(100))).as(demo.output()).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(60));
        assertThat(demo.output())
                .contains(
                        "a second MySQL",
                        "halfway a column is added",
                        "synced ",
                        "equal: 5 tables",
                        "kcat -b",
                        "tiderace tail")
                .doesNotContain("DIFF", "WARN", "ERROR", "Exception");
    }
}
