package io.tiderace.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A file system of a few MiB that a test can fill: a tmpfs, which needs root. */
final class SmallDisk {
    private SmallDisk() {}

    static Optional<Path> mount(Path parent, int mebibytes) throws IOException {
        Path disk = Files.createDirectories(parent.resolve("disk"));
        return run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", disk.toString())
                ? Optional.of(disk)
                : Optional.empty();
    }

    static void unmount(Path disk) throws IOException {
        if (!run("umount", disk.toString())) {
            run("umount", "--lazy", disk.toString());
        }
    }

    private static boolean run(String... command) throws IOException {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .onExit()
                        .join()
                        .exitValue()
                == 0;
    }
}
