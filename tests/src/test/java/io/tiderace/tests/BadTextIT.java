package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.TideraceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: bytes that are no text in their column's character set are reported with table, column, key and place, and never replaced. Method: the ways in
 * which a server takes such bytes, in the stream and in the copy.
 */
class BadTextIT {
    @TempDir
    Path folder;

    private final MySqlServer server = Servers.source();

    @ParameterizedTest
    @CsvSource({"gbk, FEFE", "ucs2, D800", "tis620, FF"})
    void theStreamStopsAtTheRow(String charset, String hex) throws Exception {
        try (CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port())) {
            stand.execute("CREATE TABLE bad (id INT, gone INT, v VARCHAR(9) CHARACTER SET " + charset
                    + ", also_gone INT, name VARCHAR(9), PRIMARY KEY (name, id))");
            stand.start();
            stand.execute(
                    "INSERT INTO bad VALUES (6, NULL, 'a', NULL, 'good')",
                    "INSERT INTO bad VALUES (7, NULL, _" + charset + " X'" + hex + "', NULL, 'broken')");
            requireReport(stand.failure(), "TR-C031", stand.schema() + ".bad", charset, hex, "name='broken', id=7");
        }
    }

    @Test
    void theCopyStopsAtTheRow() throws Exception {
        String schema = Servers.freshName("badcopy");
        Command.sql(
                server.jdbcUrl(),
                "CREATE DATABASE " + schema,
                "CREATE TABLE " + schema + ".bad (id INT PRIMARY KEY, v TEXT CHARACTER SET gbk)",
                "INSERT INTO " + schema + ".bad VALUES (6, 'a'), (7, _gbk X'FEFE')");
        try (Captured captured = new Captured(server, schema, TaskConfig.Mode.ALL, null).begin()) {
            requireReport(captured.failure(), "TR-C043", schema + ".bad", "gbk", "FEFE", "id='7'");
        }
    }

    /** The table's file comes from one with a binary column, as after an upgrade from a server that did not check. */
    @Test
    void brokenUtf8FromAnOldTableIsReported() throws Exception {
        try (CaptureStand stand = new CaptureStand(folder, server.jdbcUrl(), server.port())) {
            stand.execute(
                    "CREATE TABLE left_out_raw (id INT PRIMARY KEY, v VARBINARY(36))",
                    "INSERT INTO left_out_raw VALUES (7, X'61FF62')",
                    "CREATE TABLE bad (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET utf8mb4)",
                    "ALTER TABLE bad DISCARD TABLESPACE",
                    "FLUSH TABLES left_out_raw FOR EXPORT");
            Path data = Path.of(stand.query("SELECT @@datadir").get(0).get(0)).resolve(stand.schema());
            Files.copy(data.resolve("left_out_raw.ibd"), data.resolve("bad.ibd"), StandardCopyOption.REPLACE_EXISTING);
            stand.execute("UNLOCK TABLES", "ALTER TABLE bad IMPORT TABLESPACE");
            stand.start();
            stand.execute("DELETE FROM bad");
            requireReport(stand.failure(), "TR-C031", stand.schema() + ".bad", "utf8mb4", "61FF62", "id=7");
        }
    }

    private static void requireReport(
            Throwable failure, String code, String table, String charset, String hex, String key) {
        assertThat(failure).isInstanceOf(TideraceException.class);
        TideraceException found = (TideraceException) failure;
        assertThat(found.code()).isEqualTo(code);
        assertThat(found.problem())
                .contains(
                        table,
                        "column v",
                        key,
                        "no " + charset + " text",
                        "0x" + hex.toLowerCase(java.util.Locale.ROOT));
        assertThat(found.problem()).containsPattern("\\.\\d{6}:\\d+");
        assertThat(found.cure()).contains("leave the table out");
    }
}
