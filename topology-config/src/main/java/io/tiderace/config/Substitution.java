package io.tiderace.config;

import io.tiderace.config.Problems.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts in place of {@code ${env:NAME}} and {@code ${file:path}} what they name; {@code $${…}} stays, without one dollar. A file's one
 * last line break is left out, and its path is relative to the configuration file.
 */
record Substitution(Path folder, Map<String, String> environment) {
    private static final Pattern REFERENCE = Pattern.compile("\\$?\\$\\{(env|file):([^}]*)}");

    /** Null when something is missing, which has then been reported. */
    @Nullable
    String apply(String text, Place place, Problems problems) {
        if (!text.contains("${")) {
            return text;
        }
        Matcher matcher = REFERENCE.matcher(text);
        StringBuilder result = new StringBuilder();
        while (matcher.find()) {
            String reference = matcher.group();
            String value = reference.startsWith("$$")
                    ? reference.substring(1)
                    : matcher.group(1).equals("env")
                            ? variable(matcher.group(2), place, problems)
                            : content(matcher.group(2), place, problems);
            if (value == null) {
                return null;
            }
            matcher.appendReplacement(result, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(result).toString();
    }

    private @Nullable String variable(String name, Place place, Problems problems) {
        String value = environment.get(name);
        if (value == null) {
            problems.error(place, "the environment variable " + name + " is not set", "set it or write the value");
            return null;
        }
        return value;
    }

    private @Nullable String content(String name, Place place, Problems problems) {
        Path path = folder.resolve(name);
        try {
            return Files.readString(path).replaceFirst("\\r?\\n\\z", "");
        } catch (IOException e) {
            problems.error(
                    place, "the file " + path + " cannot be read (" + reason(e) + ")", "create it or allow reading it");
            return null;
        }
    }

    /** Java's file exceptions often have no more than the file's name as their message. */
    static String reason(IOException e) {
        return switch (e.getClass().getSimpleName()) {
            case "NoSuchFileException" -> "no such file";
            case "AccessDeniedException" -> "permission denied";
            case "MalformedInputException" -> "not UTF-8 text";
            default -> String.valueOf(e.getMessage());
        };
    }
}
