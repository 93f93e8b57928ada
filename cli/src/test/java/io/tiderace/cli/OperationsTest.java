package io.tiderace.cli;

import io.tiderace.schemas.SourcePosition;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The small decisions behind the commands. */
class OperationsTest {
    private static final String UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    @Test
    void tailUnderstandsEveryKindOfStart() {
        assertThat(TopicTail.Start.parse(null).isLast()).isTrue();
        assertThat(TopicTail.Start.parse("42").offset()).isEqualTo(42);
        assertThat(TopicTail.Start.parse("2026-01-31T12:00:00Z").time())
                .isEqualTo(Instant.parse("2026-01-31T12:00:00Z"));
        assertThat(TopicTail.Start.parse("mysql-bin.000003:4").position())
                .isEqualTo(new SourcePosition("mysql-bin.000003", 4, null));
        assertThat(TopicTail.Start.parse(UUID + ":23").position()).isEqualTo(new SourcePosition("", 0, UUID + ":23"));
        assertThatThrownBy(() -> TopicTail.Start.parse("yesterday"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("TR-L002");
    }

    @Test
    void grantsOfSchemasAddUpToThoseOfTheServer() {
        Grants grants = new Grants(
                List.of("GRANT SELECT, RELOAD ON *.* TO `u`@`%`", "GRANT INSERT, UPDATE ON `shop\\_%`.* TO `u`@`%`"));
        assertThat(grants.missing("shop_1", List.of("SELECT", "INSERT"))).isEmpty();
        assertThat(grants.missing("shopx1", List.of("SELECT", "INSERT"))).containsExactly("INSERT");
        assertThat(grants.mayHaveMore()).isFalse();
        assertThat(new Grants(List.of("GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION"))
                        .missing("x", List.of("DROP")))
                .isEmpty();
        assertThat(new Grants(List.of("GRANT `role`@`%` TO `u`@`%`")).mayHaveMore())
                .isTrue();
    }

    @Test
    void syncedMeansEveryTaskHasEverythingOfEverySource() {
        SyncGoal goal = new SyncGoal(
                Map.of("s1", new SourcePosition("bin.000002", 100, null)),
                List.of(new SyncGoal.Use("t1", "s1"), new SyncGoal.Use("t2", "s1")));
        assertThat(goal.accept(applier("t1", 7))).isFalse();
        assertThat(goal.accept(capture("copying", "bin.000002", 100, 5))).isFalse();
        assertThat(goal.accept(capture("streaming", "bin.000002", 99, 6))).isFalse();
        assertThat(goal.accept(applier("t1", 7))).isFalse();
        assertThat(goal.accept(capture("streaming", "bin.000003", 4, 8))).isFalse();
        assertThat(goal.accept(capture("streaming", "bin.000003", 90, 10))).isFalse();
        assertThat(goal.accept(applier("t1", 7))).isFalse();
        assertThat(goal.accept(applier("t1", 8))).isFalse();
        assertThat(goal.isReached()).isFalse();
        assertThat(goal.accept(applier("t2", 9))).isTrue();
        assertThat(goal.accept(applier("t2", 10))).isFalse();
        assertThat(goal.reached().get("s1")).isNotNull();
    }

    private static StatusReport capture(String phase, String file, long pos, long txn) {
        return report("capture", null, phase, txn, new SourcePosition(file, pos, null));
    }

    private static StatusReport applier(String task, long txn) {
        return report("applier", task, "streaming", txn, new SourcePosition("bin.000002", 100, null));
    }

    private static StatusReport report(String stage, String task, String phase, long txn, SourcePosition position) {
        return new StatusReport(stage, "s1", task, "i", phase, null, 0, 0, txn, 0, position, null, null, Map.of(), 0);
    }

    @Test
    void aDataDirectoryHasOneUserAndKeepsItsAddresses(@TempDir Path folder) {
        try (DataDirectory directory = DataDirectory.open(folder)) {
            assertThat(directory.addresses()).isEqualTo(new DataDirectory.Addresses(0, 0));
            directory.remember(new DataDirectory.Addresses(1234, 5678));
            assertThatThrownBy(() -> DataDirectory.open(folder)).hasMessageContaining("TR-L010");
        }
        assertThat(DataDirectory.addresses(folder)).isEqualTo(new DataDirectory.Addresses(1234, 5678));
        DataDirectory.open(folder).close();
        assertThat(DataDirectory.addresses(folder.resolve("none"))).isNull();
    }

    @Test
    void versionsCompareByNumber() {
        assertThat(Variables.atLeast("8.0.33-debug", 5, 7)).isTrue();
        assertThat(Variables.atLeast("5.6.51", 5, 7)).isFalse();
        assertThat(Variables.atLeast("8.4.0", 8, 4)).isTrue();
        assertThat(Variables.atLeast("10.11.6-MariaDB", 8, 4)).isTrue();
        assertThat(Variables.atLeast("nonsense", 1, 0)).isFalse();
    }
}
