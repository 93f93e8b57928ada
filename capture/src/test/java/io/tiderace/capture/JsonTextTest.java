package io.tiderace.capture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: MySQL's binary JSON becomes the text that MySQL prints. Method: documents from a server's log, every kind of value and random ones. */
class JsonTextTest {
    private final JsonText json = new JsonText();

    private record Document(byte[] binary, String text) {}

    private static List<Document> documents() {
        try (InputStream in = JsonTextTest.class.getResourceAsStream("json-documents.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" "))
                    .map(words -> new Document(
                            HexFormat.of().parseHex(words[0]),
                            new String(HexFormat.of().parseHex(words[1]), StandardCharsets.UTF_8)))
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void documentsReadAsTheServerPrintsThem() {
        assertThat(documents()).hasSizeGreaterThan(200);
        for (Document document : documents()) {
            assertThat(json.text(document.binary(), 0, document.binary().length))
                    .hasToString(document.text());
        }
    }

    @Test
    void theyDoSoInTheMiddleOfARow() {
        for (Document document : documents()) {
            byte[] row = new byte[document.binary().length + 7];
            System.arraycopy(document.binary(), 0, row, 3, document.binary().length);
            assertThat(json.text(row, 3, document.binary().length)).hasToString(document.text());
        }
    }

    @Test
    void aDocumentThatIsCutOffIsAnErrorAndNeverReadsOn() {
        byte[] object = documents().stream()
                .filter(document -> document.text().startsWith("{\"k\""))
                .findFirst()
                .orElseThrow()
                .binary();
        IntStream.range(1, object.length).forEach(length -> assertThatThrownBy(() -> json.text(object, 0, length))
                .as(length + " of " + object.length + " bytes")
                .isInstanceOf(BadValueException.class));
    }

    @Test
    void unknownKindsAreAnError() {
        assertThatThrownBy(() -> json.text(new byte[] {0x0d, 0}, 0, 2)).isInstanceOf(BadValueException.class);
        assertThatThrownBy(() -> json.text(new byte[] {0x04, 3}, 0, 2)).isInstanceOf(BadValueException.class);
    }

    @Test
    void anEmptyDocumentIsNull() {
        assertThat(json.text(new byte[0], 0, 0)).hasToString("null");
    }
}
