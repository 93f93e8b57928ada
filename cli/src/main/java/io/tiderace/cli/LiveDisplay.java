package io.tiderace.cli;

import io.tiderace.schemas.StatusReport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Shows how the services are doing: in place on a terminal, otherwise a line for each source every 5 s. While it runs on a terminal it takes
 * the process's standard error through itself, so that log lines scroll above the display instead of through it.
 */
final class LiveDisplay implements AutoCloseable {
    private static final long TERMINAL_INTERVAL_MS = 500;
    private static final long PLAIN_INTERVAL_MS = 5_000;
    private static final String CLEAR_TO_END = "\033[J";

    private final PrintStream out;
    private final PrintStream err;
    private final boolean terminal;
    private final Supplier<Collection<StatusReport>> reports;
    private final Thread thread;
    private volatile boolean closed;
    private int linesShown;
    private int width = 100;

    private LiveDisplay(PrintStream out, boolean terminal, Supplier<Collection<StatusReport>> reports) {
        this.out = out;
        this.err = System.err;
        this.terminal = terminal;
        this.reports = reports;
        this.thread = new Thread(this::loop, "display");
        thread.setDaemon(true);
    }

    /** True when the launcher saw a terminal at standard output. */
    static boolean onTerminal() {
        return Boolean.getBoolean("tiderace.terminal");
    }

    static LiveDisplay start(PrintStream out, boolean terminal, Supplier<Collection<StatusReport>> reports) {
        LiveDisplay display = new LiveDisplay(out, terminal, reports);
        if (terminal) {
            System.setErr(new PrintStream(display.new Above(), true, StandardCharsets.UTF_8));
        }
        display.thread.start();
        return display;
    }

    private void loop() {
        long intervalMs = terminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
        try {
            for (int tick = 0; !closed; tick++) {
                TimeUnit.MILLISECONDS.sleep(intervalMs);
                if (terminal && tick % 10 == 0) {
                    width = terminalWidth();
                }
                show();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private synchronized void show() {
        long nowMs = System.currentTimeMillis();
        Collection<StatusReport> latest = reports.get();
        if (!terminal) {
            String time =
                    Instant.ofEpochMilli(nowMs).truncatedTo(ChronoUnit.SECONDS).toString();
            StatusText.plain(latest, nowMs).forEach(line -> out.println(time + " " + line));
            out.flush();
            return;
        }
        List<String> lines = StatusText.block(latest, nowMs);
        StringBuilder screen = new StringBuilder(erase());
        for (String line : lines) {
            screen.append(line.length() < width ? line : line.substring(0, Math.max(1, width - 1)))
                    .append('\n');
        }
        linesShown = lines.size();
        out.print(screen);
        out.flush();
    }

    private String erase() {
        String back = linesShown == 0 ? "" : "\033[" + linesShown + "A\r" + CLEAR_TO_END;
        linesShown = 0;
        return back;
    }

    private synchronized void above(byte[] text) {
        out.print(erase());
        out.flush();
        err.write(text, 0, text.length);
        err.flush();
    }

    private static int terminalWidth() {
        Path tty = Path.of("/dev/tty");
        if (!Files.isReadable(tty)) {
            return 100;
        }
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(tty.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String[] size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                    .trim()
                    .split(" ");
            return size.length == 2 && !size[1].equals("0") ? Integer.parseInt(size[1]) : 100;
        } catch (IOException | NumberFormatException e) {
            return 100; // no stty: a usual width will do
        }
    }

    /** Ends the display; on a terminal the last state stays visible. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        thread.interrupt();
        if (terminal) {
            show();
            System.setErr(err);
        }
    }

    /** Collects whole lines, so that a message is never cut by the display. */
    private final class Above extends OutputStream {
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        @Override
        public synchronized void write(int b) {
            line.write(b);
            if (b == '\n') {
                byte[] text = line.toByteArray();
                line.reset();
                above(text);
            }
        }
    }
}
