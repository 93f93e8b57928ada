package io.tiderace.cli;

import io.tiderace.schemas.TideraceException;
import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.SourceException;
import io.tiderace.schemas.TideraceException.TargetException;
import org.jspecify.annotations.Nullable;

/**
 * One precheck's answer.
 *
 * @param subject {@code source <id>}, {@code target of <task>}, {@code kafka} or {@code registry}
 * @param what was found, as a sentence
 * @param cure null when it passed
 */
record CheckResult(
        Level level, String subject, String what, @Nullable String cure) {
    enum Level {
        PASS,
        WARN,
        FAIL
    }

    static CheckResult pass(String subject, String what) {
        return new CheckResult(Level.PASS, subject, what, null);
    }

    static CheckResult warn(String subject, String what, String cure) {
        return new CheckResult(Level.WARN, subject, what, cure);
    }

    static CheckResult fail(String subject, String what, String cure) {
        return new CheckResult(Level.FAIL, subject, what, cure);
    }

    boolean isFailed() {
        return level == Level.FAIL;
    }

    /** The failure as the error of a command that cannot go on because of it. */
    TideraceException exception() {
        String problem = subject + ": " + what;
        String how = String.valueOf(cure);
        if (subject.startsWith("source")) {
            return new SourceException("TR-L020", problem, how);
        }
        return subject.startsWith("target")
                ? new TargetException("TR-L021", problem, how)
                : new ConfigException("TR-L022", problem, how);
    }

    @Override
    public String toString() {
        String line = String.format("%-4s  %s: %s", level.name().toLowerCase(java.util.Locale.ROOT), subject, what);
        return cure == null ? line : line + "\n      fix: " + cure.replace("\n", "\n           ");
    }
}
