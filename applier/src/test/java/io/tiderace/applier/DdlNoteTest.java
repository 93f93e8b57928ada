package io.tiderace.applier;

import io.tiderace.applier.DdlNote.Resume;
import io.tiderace.applier.DdlSession.JournalEntry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: after an interruption a statement goes on with the step that was not made. */
class DdlNoteTest {
    @Test
    void aStatementGoesOnWhereItWas() {
        assertThat(DdlNote.resume(null, 3, "f")).isEqualTo(new Resume(0, false, false));
        assertThat(DdlNote.resume(new JournalEntry("done", null), 3, "f").isDone())
                .isTrue();
        assertThat(DdlNote.resume(started(0, "f"), 3, "f")).isEqualTo(new Resume(0, false, false));
        assertThat(DdlNote.resume(started(0, "f"), 3, "g")).isEqualTo(new Resume(0, true, true));
        assertThat(DdlNote.resume(started(2, "f"), 3, "f")).isEqualTo(new Resume(2, false, false));
        assertThat(DdlNote.resume(started(2, "f"), 3, "g")).isEqualTo(new Resume(3, false, true));
        assertThat(DdlNote.resume(started(3, "f"), 3, "g")).isEqualTo(new Resume(3, true, true));
    }

    @Test
    void aStepThatFailedIsTriedAgain() {
        String note = new DdlNote(2, 3, "no\nsuch column").text();
        assertThat(DdlNote.resume(new JournalEntry("failed", note), 3, "f")).isEqualTo(new Resume(2, false, false));
        assertThat(DdlNote.resume(new JournalEntry("failed", "no such column"), 3, "f"))
                .isEqualTo(new Resume(0, false, false));
    }

    private static JournalEntry started(int step, String fingerprint) {
        return new JournalEntry("started", DdlNote.before(step, 3, fingerprint).text());
    }
}
