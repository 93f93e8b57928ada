package io.tiderace.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The documents tell the truth about the sources: every error code is explained, every link leads somewhere. */
class DocsTest {
    private static final Path ROOT = Servers.checkout();
    private static final Pattern CODE = Pattern.compile("(?m)^(?! *(?:\\*|/\\*|//)).*(TR-[STCRAL]\\d{3})");
    private static final Pattern ENTRY = Pattern.compile("(?m)^## (TR-[STCRAL]\\d{3}) (\\S.*)$");
    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)\\s]+)\\)");
    private static final Pattern MACHINE = Pattern.compile("(?<![\\w.~$}])/(work|root|home/[a-z]+)/");

    @Test
    void everyErrorCodeInTheSourcesIsExplainedAndNoOther() {
        Map<String, Path> used = new TreeMap<>();
        for (Path source : files("java")) {
            if (source.toString().contains("/src/main/")) {
                Matcher code = CODE.matcher(read(source));
                while (code.find()) {
                    used.put(code.group(1), ROOT.relativize(source));
                }
            }
        }
        Map<String, Path> explained = new TreeMap<>();
        List<String> twice = new ArrayList<>();
        for (Path page : errorPages()) {
            Matcher entry = ENTRY.matcher(read(page));
            while (entry.find()) {
                if (explained.put(entry.group(1), page) != null) {
                    twice.add(entry.group(1));
                }
            }
        }
        assertThat(missing(used, explained.keySet()))
                .as("used in the sources, not in docs/errors")
                .isEmpty();
        assertThat(missing(explained, used.keySet()))
                .as("in docs/errors, not used in the sources")
                .isEmpty();
        assertThat(twice).as("explained twice").isEmpty();
    }

    @Test
    void everyExplanationHasCauseEffectAndCure() {
        List<String> incomplete = new ArrayList<>();
        for (Path page : errorPages()) {
            for (String lines : read(page).split("(?m)^(?=## )")) {
                Matcher entry = ENTRY.matcher(lines);
                String section = lines.replaceAll("\\s+", " ");
                if (entry.find()
                        && !(section.contains("**Cause.**")
                                && section.contains("**Effect on the data.**")
                                && section.contains("**Cure.**"))) {
                    incomplete.add(entry.group(1));
                }
            }
        }
        assertThat(incomplete).isEmpty();
    }

    @Test
    void theErrorIndexLeadsToEveryPage() {
        String index = read(ROOT.resolve("docs/errors.md"));
        for (Path page : errorPages()) {
            assertThat(index).contains("(errors/" + page.getFileName() + ")");
        }
    }

    @Test
    void everyLinkLeadsSomewhere() {
        List<String> broken = new ArrayList<>();
        for (Path page : files("md")) {
            Matcher link = LINK.matcher(withoutCode(read(page)));
            while (link.find()) {
                String target = link.group(1);
                if (!target.matches("[a-z]+:.*") && !leadsSomewhere(page, target)) {
                    broken.add(ROOT.relativize(page) + " -> " + target);
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void nothingNamesThePlaceItWasWrittenAt() {
        List<String> found = new ArrayList<>();
        for (String ending : List.of("md", "java", "yaml", "yml", "xml", "sql", "json")) {
            for (Path file : files(ending)) {
                if (!file.endsWith("DocsTest.java")
                        && MACHINE.matcher(read(file)).find()) {
                    found.add(ROOT.relativize(file).toString());
                }
            }
        }
        assertThat(found).isEmpty();
    }

    private static boolean leadsSomewhere(Path page, String target) {
        int hash = target.indexOf('#');
        String path = hash < 0 ? target : target.substring(0, hash);
        Path file = path.isEmpty() ? page : page.resolveSibling(path).normalize();
        if (!Files.exists(file)) {
            return false;
        }
        return hash < 0
                || !file.toString().endsWith(".md")
                || anchors(read(file)).contains(target.substring(hash + 1));
    }

    /** As GitHub makes them out of headings. */
    private static Set<String> anchors(String markdown) {
        Set<String> anchors = new TreeSet<>();
        Matcher heading = Pattern.compile("(?m)^#+ +(.*?) *$").matcher(markdown);
        while (heading.find()) {
            anchors.add(heading.group(1)
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N}\\- _]", "")
                    .replace(' ', '-'));
        }
        return anchors;
    }

    private static String withoutCode(String markdown) {
        return markdown.replaceAll("(?s)```.*?```", "").replaceAll("`[^`\n]*`", "");
    }

    private static List<String> missing(Map<String, Path> codes, Set<String> from) {
        return codes.entrySet().stream()
                .filter(code -> !from.contains(code.getKey()))
                .map(code -> code.getKey() + " (" + code.getValue() + ")")
                .toList();
    }

    private static List<Path> errorPages() {
        return files("md").stream()
                .filter(page -> page.getParent().endsWith("docs/errors"))
                .toList();
    }

    private static List<Path> files(String ending) {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().endsWith("." + ending) && Files.isRegularFile(file))
                    .filter(file -> {
                        String path = ROOT.relativize(file).toString();
                        return !path.matches("(.*/)?(target|tiderace-data|\\.git|\\.idea)/.*");
                    })
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
