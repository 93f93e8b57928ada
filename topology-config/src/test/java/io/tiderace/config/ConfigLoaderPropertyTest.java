package io.tiderace.config;

import io.tiderace.schemas.TideraceException.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Goal: whatever a file holds, it loads or is refused in an orderly way. Method: good files with lines and characters spoilt at random. */
class ConfigLoaderPropertyTest {
    private static final Path FILES = Path.of("src/test/resources/io/tiderace/config/accepted");
    private static final List<String> NAMES =
            List.of("source-full.yaml", "task-advanced.yaml", "task-old-names.yaml", "tiderace.yaml");
    private static final String SPOILERS = " :-#[]{}\"'&*!|>%@`,?\n\t~${}0aé\u0000\ud83d";

    private static Path scratch;

    @BeforeContainer
    static void createScratch() throws IOException {
        scratch = Files.createTempFile("spoilt", ".yaml");
    }

    @AfterContainer
    static void deleteScratch() throws IOException {
        Files.delete(scratch);
    }

    @Property(tries = 3_000)
    void spoiltFilesAreRefusedInAnOrderlyWay(
            @ForAll @IntRange(max = 3) int file, @ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int times)
            throws IOException {
        String text = Files.readString(FILES.resolve(NAMES.get(file)));
        Random random = new Random(seed);
        for (int i = 0; i < times; i++) {
            text = random.nextBoolean() ? spoilLine(text, random) : spoilCharacter(text, random);
        }
        Files.write(scratch, text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        List<Path> source = file == 0 ? List.of(scratch) : List.of();
        List<Path> task = file == 1 || file == 2 ? List.of(scratch) : List.of();
        try {
            ConfigLoader.load(source, task, file == 3 ? scratch : null, Map.of("KAFKA_PASSWORD", "x"));
        } catch (ConfigException refused) {
            // that is what it is for
        }
    }

    private static String spoilLine(String text, Random random) {
        List<String> lines = new ArrayList<>(text.lines().toList());
        int line = random.nextInt(lines.size());
        switch (random.nextInt(4)) {
            case 0 -> lines.remove(line);
            case 1 -> lines.add(line, lines.get(random.nextInt(lines.size())));
            case 2 -> lines.set(line, "  " + lines.get(line));
            default -> lines.set(line, lines.get(line).replaceFirst(":.*", ": [a, {b: &x c}, *x]"));
        }
        return String.join("\n", lines) + "\n";
    }

    private static String spoilCharacter(String text, Random random) {
        int at = random.nextInt(text.length());
        char spoiler = SPOILERS.charAt(random.nextInt(SPOILERS.length()));
        return text.substring(0, at) + spoiler + text.substring(at + random.nextInt(2));
    }
}
