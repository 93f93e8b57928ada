package io.tiderace.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a run of the fault suite has shown, as a section of {@code docs/reliability.md}. */
final class FaultReport {
    private static final Path PAGE = Servers.checkout().resolve("docs/reliability.md");

    private final String target;
    private final long seed;
    private final Map<FaultKind, List<Double>> stalls = new EnumMap<>(FaultKind.class);
    private final List<String> figures = new ArrayList<>();

    FaultReport(String target, long seed) {
        this.target = target;
        this.seed = seed;
    }

    /** @param seconds from the fault's end until the target had what the source committed after it */
    void add(FaultKind kind, double seconds) {
        stalls.computeIfAbsent(kind, any -> new ArrayList<>()).add(seconds);
    }

    int faults() {
        return stalls.values().stream().mapToInt(List::size).sum();
    }

    void figure(String what, Object value) {
        figures.add("| " + what + " | " + value + " |");
    }

    String table() {
        StringBuilder text = new StringBuilder("Seed " + seed + ".\n\n| | |\n|---|---|\n");
        text.append(String.join("\n", figures));
        text.append("\n\n| fault | injected | stall, median s | longest s |\n|---|---|---|---|\n");
        List<Double> all = new ArrayList<>();
        stalls.forEach((kind, seconds) -> {
            text.append(row(kind.option() + ": " + kind.description(), seconds));
            all.addAll(seconds);
        });
        text.append(row("all", all));
        return text.toString();
    }

    private static String row(String name, List<Double> seconds) {
        if (seconds.isEmpty()) {
            return "| " + name + " | 0 | | |\n";
        }
        List<Double> sorted = new ArrayList<>(seconds);
        Collections.sort(sorted);
        return String.format(
                Locale.ROOT,
                "| %s | %d | %.1f | %.1f |%n",
                name,
                sorted.size(),
                sorted.get(sorted.size() / 2),
                sorted.get(sorted.size() - 1));
    }

    /** Puts the table into the page, in the place of the target's last one. */
    void writePage() throws IOException {
        String begin = "<!-- run: " + target + " -->\n";
        String end = "<!-- end: " + target + " -->";
        String page = Files.readString(PAGE);
        int from = page.indexOf(begin) + begin.length();
        int to = page.indexOf(end);
        if (from < begin.length() || to < from) {
            throw new IllegalStateException(PAGE + " has no section " + target);
        }
        Files.writeString(PAGE, page.substring(0, from) + "\n" + table() + "\n" + page.substring(to));
    }
}
