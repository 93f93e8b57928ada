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
        if (!run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", disk.toString())) {
            return Optional.empty();
        }
        // a process that is told to end does not leave it behind
        Runtime.getRuntime().addShutdownHook(new Thread(() -> unmountQuietly(disk)));
        return Optional.of(disk);
    }

    static void unmount(Path disk) throws IOException {
        if (!run("umount", disk.toString())) {
            run("umount", "--lazy", disk.toString());
        }
    }

    private static void unmountQuietly(Path disk) {
        try {
            run("umount", "--lazy", disk.toString());
        } catch (IOException e) {
            System.err.println("left behind: " + disk + " (" + e.getMessage() + ")");
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
