package io.tiderace.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** DM's {@code mydumpers.extra-args}: the arguments its dump program knows (dm/dumpling), split on blanks, one layer of quotes removed. */
final class DumpArguments {
    private static final Pattern WORD = Pattern.compile("(?:[^\\s\"']|\"[^\"]*\"|'[^']*')+");
    private static final Set<String> THREADS = Set.of("-t", "--threads");
    private static final Set<String> TUNING =
            Set.of("-F", "--filesize", "-s", "--statement-size", "-r", "--rows", "--consistency", "--escape-backslash");
    private static final Set<String> SWITCHES =
            Set.of("-W", "--no-views", "--no-locks", "--transactional-consistency", "--escape-backslash");
    private static final Set<String> SELECTING = Set.of(
            "-B",
            "--database",
            "-T",
            "--tables-list",
            "-f",
            "--filter",
            "--where",
            "--snapshot",
            "--ca",
            "--cert",
            "--key");

    private DumpArguments() {}

    /** How many threads the arguments ask for, 0 when they do not; what cannot be honoured is reported. */
    static int threads(Section mydumper, Problems problems) {
        int threads = 0;
        List<String> words = words(mydumper.text("extra-args"));
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            String name = word.replaceFirst("=.*", "");
            boolean takesNext = !word.contains("=")
                    && !SWITCHES.contains(name)
                    && i + 1 < words.size()
                    && !words.get(i + 1).startsWith("-");
            String value = word.contains("=") ? word.substring(word.indexOf('=') + 1) : takesNext ? words.get(++i) : "";
            if (THREADS.contains(name)) {
                threads = count(value, mydumper, problems);
            } else if (SELECTING.contains(name)) {
                problems.error(
                        mydumper.place("extra-args"),
                        "the argument " + name
                                + " is understood but not supported yet: it makes the copy differ from the changes",
                        "remove it; block-allow-list selects tables");
            } else if (!TUNING.contains(name) && !SWITCHES.contains(name)) {
                problems.warning(mydumper.place("extra-args"), "the argument " + word + " is not known and is ignored");
            }
        }
        return threads;
    }

    private static int count(String value, Section mydumper, Problems problems) {
        if (value.matches("\\d{1,4}")) {
            return Integer.parseInt(value);
        }
        problems.error(
                mydumper.place("extra-args"), "\"" + value + "\" is not a number of threads", "use a whole number");
        return 0;
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(text);
        while (matcher.find()) {
            words.add(matcher.group().replaceAll("[\"']", ""));
        }
        return words;
    }
}
