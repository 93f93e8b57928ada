package io.tiderace.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.AutoComplete;
import picocli.CommandLine;

import static org.assertj.core.api.Assertions.assertThat;

/** Wrong use gives one error with its cure and exit code 2; the manual and the completion know every command. */
class TideraceTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(String... arguments) {
        CommandLine commandLine =
                Tiderace.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return commandLine.execute(arguments);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "rnu",
                "run",
                "run --sorce x",
                "run --source s.yaml",
                "compare --threads many --source s --task t",
                "demo --target oracle",
                "tail"
            })
    void wrongUseIsOneErrorWithTheCure(String line) {
        assertThat(execute(line.isEmpty() ? new String[0] : line.split(" "))).isEqualTo(2);
        assertThat(err.toString()).startsWith("error TR-L001: ").doesNotContain("\tat ");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void missingFilesAreAllNamedAtOnce() {
        assertThat(execute("check", "--source", "/no/s.yaml", "--task", "/no/t.yaml", "--config", "/no/c.yaml"))
                .isEqualTo(2);
        assertThat(err.toString())
                .contains("/no/s.yaml", "/no/t.yaml", "/no/c.yaml")
                .doesNotContain("\tat ");
    }

    @Test
    void withoutKafkaThereIsNothingToLookInto(@TempDir Path folder) {
        assertThat(execute("status", "--data-dir", folder.toString())).isEqualTo(2);
        assertThat(err.toString()).startsWith("error TR-L013: ").contains(folder.toString());
    }

    @Test
    void manualAndCompletionKnowEveryCommand(@TempDir Path folder) throws Exception {
        Manual.main(new String[] {folder.toString()});
        String completion = Files.readString(folder.resolve("completion/tiderace"));
        for (String command : Tiderace.commandLine().getSubcommands().keySet()) {
            assertThat(folder.resolve("man/man1/tiderace-" + command + ".1")).isNotEmptyFile();
            assertThat(completion).contains(command);
        }
        assertThat(Files.readString(folder.resolve("man/man1/tiderace-run.1")))
                .contains(".SH OPTIONS", "\\-\\-until\\-synced");
        assertThat(execute("completion")).isZero();
        assertThat(out.toString()).isEqualTo(AutoComplete.bash("tiderace", Tiderace.commandLine()));
    }
}
