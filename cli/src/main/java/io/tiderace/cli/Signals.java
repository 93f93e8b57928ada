package io.tiderace.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What SIGTERM and SIGINT do to a command that serves: the first asks for an orderly end, the second ends the process at once. */
final class Signals {
    private static final Logger log = LoggerFactory.getLogger(Signals.class);
    private static final int KILLED_BY_SIGNAL = 128;

    private Signals() {}

    static void onStop(Runnable stop) {
        AtomicBoolean asked = new AtomicBoolean();
        register("TERM", KILLED_BY_SIGNAL + 15, asked, stop);
        register("INT", KILLED_BY_SIGNAL + 2, asked, stop);
    }

    private static void register(String signal, int exitCode, AtomicBoolean asked, Runnable stop) {
        org.jline.utils.Signals.register(signal, () -> {
            if (!asked.compareAndSet(false, true)) {
                log.atWarn().addKeyValue("signal", signal).log("second signal: ending at once");
                Runtime.getRuntime().halt(exitCode);
            }
            log.atInfo().addKeyValue("signal", signal).log("stopping; a second signal ends at once");
            stop.run();
        });
    }
}
