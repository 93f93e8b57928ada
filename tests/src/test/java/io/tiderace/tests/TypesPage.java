package io.tiderace.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * {@code docs/types.md}: sections between markers are written by tests. A test that generates another text than the file holds fails; run with
 * {@code -Dtiderace.types.write} it writes the file instead.
 */
final class TypesPage {
    private static final Path PAGE = Servers.checkout().resolve("docs/types.md");

    private TypesPage() {}

    /** Holds a generated section against the file. */
    static synchronized void verify(String section, String generated) throws IOException {
        String begin = "<!-- generated: " + section + " -->\n";
        String end = "<!-- end: " + section + " -->";
        String page = Files.readString(PAGE);
        int from = page.indexOf(begin) + begin.length();
        int to = page.indexOf(end);
        if (from < begin.length() || to < from) {
            throw new AssertionError(PAGE + " has no section " + section);
        }
        if (System.getProperty("tiderace.types.write") != null) {
            Files.writeString(PAGE, page.substring(0, from) + "\n" + generated + "\n" + page.substring(to));
        } else if (!page.substring(from, to).strip().equals(generated.strip())) {
            Path found = Servers.checkout().resolve("tests/target/types-" + section + ".md");
            Files.writeString(found, generated);
            throw new AssertionError("docs/types.md, section " + section + ", is not what the test found ("
                    + Servers.checkout().relativize(found)
                    + "); when that is as it should be, run the test again with -Dtiderace.types.write");
        }
    }
}
