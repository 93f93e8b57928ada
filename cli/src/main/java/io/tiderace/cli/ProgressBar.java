package io.tiderace.cli;

import java.io.PrintStream;
import java.util.Locale;

/** Shows a download, an unpacking or a build: a bar on a terminal, otherwise a line for each tenth. Not thread-safe. */
final class ProgressBar implements Progress {
    private static final int WIDTH = 30;
    private static final long REDRAW_MS = 100;

    private final PrintStream out;
    private final boolean isTerminal;
    private String current = "";
    private long shownTenth = -1;
    private long shownAtMs;

    ProgressBar(PrintStream out, boolean isTerminal) {
        this.out = out;
        this.isTerminal = isTerminal;
    }

    @Override
    public void at(String what, long done, long total) {
        boolean isNew = !what.equals(current) && (total >= 0 || !isTerminal);
        if (isTerminal) {
            long nowMs = System.currentTimeMillis();
            if (nowMs - shownAtMs >= REDRAW_MS || done == total) {
                shownAtMs = nowMs;
                out.print("\r\033[K" + what + (total > 0 ? " " + bar(done, total) : "") + (done == total ? "\n" : ""));
                out.flush();
            }
        } else {
            long tenth = total > 0 ? done * 10 / total : done / 60; // a build of unknown length counts seconds
            if ((isNew && total >= 0) || tenth != shownTenth) {
                shownTenth = tenth;
                out.println(total > 0 ? String.format(Locale.ROOT, "%s: %d %%", what, done * 100 / total) : what);
            }
        }
        current = what;
    }

    private static String bar(long done, long total) {
        int filled = (int) (done * WIDTH / total);
        return String.format(
                Locale.ROOT,
                "[%s%s] %d %% of %d MB",
                "#".repeat(filled),
                "-".repeat(WIDTH - filled),
                done * 100 / total,
                total >> 20);
    }
}
