package io.tiderace.tests;

import io.tiderace.cli.Tiderace;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The first thing a newcomer runs ends with equal tables, within a minute, and leaves nothing behind. */
@Timeout(120)
class DemoIT {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"mysql", "tidb"})
    void theDemonstrationEndsWithEqualTables(String target) throws Exception {
        if (target.equals("tidb")) {
            assertThat(Servers.tidb().port())
                    .isPositive(); // builds it the first time, which the demonstration would wait for
        }
        JavaProcess demo = new JavaProcess(Tiderace.class, folder.resolve("demo.log"), "demo", "--target", target);
        long begin = System.nanoTime();
        assertThat(demo.end(Duration.ofSeconds(100))).as(demo.output()).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(60));
        assertThat(demo.output())
                .contains(
                        target.equals("tidb") ? "TiDB" : "a second MySQL",
                        "halfway a column is added",
                        "synced ",
                        "equal: 5 tables",
                        "kcat -b",
                        "tiderace tail")
                .doesNotContain("DIFF", "WARN", "ERROR", "Exception");
    }
}
