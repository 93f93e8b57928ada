package io.tiderace.tests;

import io.tiderace.cli.Tiderace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** A full disk under {@code tiderace run} is one clear error; with room again the same command goes on and the tables end equal. */
class FullDiskIT {
    private static final int DISK_MIB = 400;
    private static final int LEFT_BYTES = 40 << 20;

    @TempDir
    Path folder;

    @Test
    void aFullDiskEndsTheRunAndRoomLetsItGoOn() throws Exception {
        Optional<Path> disk = SmallDisk.mount(folder, DISK_MIB);
        if (disk.isEmpty()) {
            // EmbeddedKafkaDiskTest shows what can be shown without root
            System.err.println("not shown on this machine, which allows no mount: "
                    + getClass().getSimpleName());
            return;
        }
        try {
            fillAndGoOn(disk.get());
        } finally {
            SmallDisk.unmount(disk.get());
        }
    }

    private void fillAndGoOn(Path disk) throws Exception {
        String name = Servers.freshName("full");
        RandomLoad.createSchema(Servers.source().jdbcUrl(), name);
        TaskFiles files = TaskFiles.write(
                folder,
                name,
                TaskFiles.Server.local(Servers.source().port()),
                TaskFiles.Server.local(Servers.mysqlTarget().port()),
                "unused:1",
                "http://unused");
        Path filler = disk.resolve("filler");
        JavaProcess run = run(disk, files, "first.log");
        try (RandomLoad load = RandomLoad.start(Servers.source().jdbcUrl(), name, 1, 50)) {
            run.awaitOutput("applier streaming", Duration.ofSeconds(60));
            Files.write(filler, new byte[(int) disk.toFile().getUsableSpace() - LEFT_BYTES]);
            assertThat(run.end(Duration.ofSeconds(40))).as(run.output()).isEqualTo(4);
            assertThat(load.transactions()).isPositive();
        } finally {
            run.kill();
            Files.deleteIfExists(filler);
        }
        assertThat(run.output()).containsOnlyOnce("error TR-L104").doesNotContain("\tat ");
        JavaProcess again = run(disk, files, "again.log", "--until-synced");
        try {
            assertThat(again.end(Duration.ofSeconds(90))).as(again.output()).isZero();
            assertThat(Fingerprint.of(Servers.mysqlTarget().jdbcUrl(), name))
                    .isEqualTo(Fingerprint.of(Servers.source().jdbcUrl(), name));
        } finally {
            again.kill();
        }
    }

    private JavaProcess run(Path disk, TaskFiles files, String output, String... more) {
        String[] command = {
            "run",
            "--source",
            files.source().toString(),
            "--task",
            files.task().toString(),
            "--data-dir",
            disk.toString()
        };
        String[] all = new String[command.length + more.length];
        System.arraycopy(command, 0, all, 0, command.length);
        System.arraycopy(more, 0, all, command.length, more.length);
        return new JavaProcess(Tiderace.class, folder.resolve(output), all);
    }
}
