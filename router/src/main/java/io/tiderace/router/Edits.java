package io.tiderace.router;

import io.tiderace.router.SqlText.Span;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Replacements in a statement, by place. What lies inside a cut is gone; the last replacement of a span wins. */
final class Edits {
    private final SqlText text;
    private final List<Edit> edits = new ArrayList<>();
    private final List<Span> cuts = new ArrayList<>();

    private record Edit(Span span, String replacement) {}

    Edits(SqlText text) {
        this.text = text;
    }

    void replace(Span span, String replacement) {
        edits.removeIf(edit -> edit.span.equals(span));
        edits.add(new Edit(span, replacement));
    }

    void insert(int at, String inserted) {
        replace(new Span(at, at), inserted);
    }

    void cut(Span span) {
        cuts.add(span);
    }

    String apply() {
        edits.removeIf(edit -> cuts.stream().anyMatch(cut -> cut.contains(edit.span)));
        cuts.forEach(cut -> edits.add(new Edit(cut, text.marksIn(cut))));
        edits.sort(Comparator.comparingInt((Edit edit) -> edit.span.from()).thenComparingInt(edit -> edit.span.to()));
        StringBuilder result = new StringBuilder();
        int done = 0;
        for (Edit edit : edits) {
            result.append(text.sql(), done, edit.span.from()).append(edit.replacement);
            done = edit.span.to();
        }
        return result.append(text.sql(), done, text.sql().length()).toString();
    }
}
