package io.tiderace.applier;

import io.tiderace.applier.DdlSession.JournalEntry;
import io.tiderace.schemas.TableName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the journal notes of a statement that is not done: which of its steps, and either the tables' fingerprint before it or why it failed. Pure.
 *
 * @param step 0 for the statement as a whole, from 1 on where it goes in parts
 * @param steps that it has
 * @param rest fingerprint or reason
 */
record DdlNote(int step, int steps, String rest) {
    private static final String BEFORE = "before ";
    private static final Pattern STEP = Pattern.compile("step (\\d+) of (\\d+): (.*)", Pattern.DOTALL);

    static DdlNote parse(@Nullable String text) {
        Matcher step = STEP.matcher(text == null ? "" : text);
        if (!step.matches()) {
            return new DdlNote(0, 0, text == null ? "" : text);
        }
        return new DdlNote(Integer.parseInt(step.group(1)), Integer.parseInt(step.group(2)), step.group(3));
    }

    static DdlNote before(int step, int steps, String fingerprint) {
        return new DdlNote(step, steps, BEFORE + fingerprint);
    }

    String text() {
        return step == 0 ? rest : "step " + step + " of " + steps + ": " + rest;
    }

    /** Where a statement goes on: the step, and whether that is the one after the last. */
    record Resume(int step, boolean isDone, boolean wasInterrupted) {}

    /**
     * Decides what an attempt does.
     *
     * @param entry of the journal, null when the statement was never begun
     * @param steps that the statement has
     * @param fingerprint of the tables as they are
     */
    static Resume resume(@Nullable JournalEntry entry, int steps, String fingerprint) {
        if (entry == null) {
            return new Resume(0, false, false);
        }
        DdlNote note = parse(entry.note());
        if (entry.state().equals("done")) {
            return new Resume(note.step, true, false);
        }
        if (note.step > 0 && note.steps != steps) {
            throw new IllegalStateException(
                    "the journal has a statement in " + note.steps + " steps that has " + steps);
        }
        boolean executed = entry.state().equals("started") && !note.rest.equals(BEFORE + fingerprint);
        if (!executed) {
            return new Resume(note.step, false, false);
        }
        boolean isLast = note.step == 0 || note.step >= steps;
        return new Resume(isLast ? note.step : note.step + 1, isLast, true);
    }

    /** Tells structures from others. */
    static String fingerprint(List<TableName> tables, List<String> structures) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < tables.size(); i++) {
            all.append(tables.get(i).quoted())
                    .append(' ')
                    .append(structures.get(i))
                    .append('\n');
        }
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(all.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
