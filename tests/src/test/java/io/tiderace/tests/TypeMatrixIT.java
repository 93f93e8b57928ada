package io.tiderace.tests;

import io.tiderace.cli.Tiderace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: every value of every type is in the target what it is at the source, and on the wire the same bytes whether the copy or the stream read it.
 * Method: a table a type with values at its limits, some rows of which are copied, inserted, updated and deleted, with a key and without; the whole
 * pipeline to TiDB, and to MySQL; both sides read on the servers. The result is in {@code docs/types.md}.
 */
@Timeout(1200)
class TypeMatrixIT {
    @TempDir
    Path folder;

    private final String schema = Servers.freshName("types");
    private final List<TypeCase> cases = new ArrayList<>();
    private final List<ColumnKinds> kinds = ColumnKinds.all();
    private final List<String> refusals = new ArrayList<>();

    @Test
    void everyValueOfEveryTypeArrives() throws Exception {
        String source = Servers.source().jdbcUrl();
        String tidb = Servers.tidb().jdbcUrl();
        String mysql = Servers.mysqlTarget().jdbcUrl();
        try (Connection connection = connect(source);
                Connection probe = connect(tidb)) {
            prepare(connection, probe);
            prepareKinds(connection, probe);
            makeByHand(probe);
        }
        Path config = config();
        Path sourceFile = Command.source(folder, schema, Servers.source().port(), "root", "");
        Path toTiDb = task(schema + "_tidb", Servers.tidb().port());
        Path toMySql = task(schema + "_mysql", Servers.mysqlTarget().port());
        run(config, sourceFile, toTiDb, toMySql);
        try (Connection connection = connect(source)) {
            change(connection);
        }
        run(config, sourceFile, toTiDb, toMySql);
        TypeMatrix matrix = new TypeMatrix();
        Map<String, Map<String, List<String>>> wire = wire();
        List<String> wrong = new ArrayList<>();
        try (Connection from = connect(source);
                Connection atTiDb = connect(tidb);
                Connection atMySql = connect(mysql)) {
            for (TypeCase type : cases) {
                wrong.addAll(type.otherBytes(wire.getOrDefault(type.keyed(), Map.of()), type.rows(from, schema)));
                wrong.addAll(type.differences(schema, from, atMySql, "MySQL"));
                List<String> notes = type.differences(schema, from, atTiDb, "TiDB");
                matrix.add(type.values(), type.refusal(), notes);
            }
            for (int i = 0; i < kinds.size(); i++) {
                List<String> expected = kinds.get(i).rows(from, schema + ".g" + i);
                boolean isInMySql =
                        kinds.get(i).rows(atMySql, schema + ".g" + i).equals(expected);
                boolean isInTiDb = kinds.get(i).rows(atTiDb, schema + ".g" + i).equals(expected);
                if (!isInMySql || !isInTiDb) {
                    wrong.add(kinds.get(i).what() + ": " + expected + ", in MySQL "
                            + kinds.get(i).rows(atMySql, schema + ".g" + i) + ", in TiDB "
                            + kinds.get(i).rows(atTiDb, schema + ".g" + i));
                }
                matrix.add(kinds.get(i), refusals.get(i));
            }
        }
        assertThat(wrong).isEmpty();
        TypesPage.verify("mysql", matrix.toString());
    }

    private static Connection connect(String url) throws SQLException {
        Connection connection = DriverManager.getConnection(url, "root", "");
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00', SESSION group_concat_max_len = 1000000");
        }
        return connection;
    }

    /** Makes the tables with what the copy finds. */
    private void prepare(Connection source, Connection probe) throws SQLException {
        execute(source, "CREATE DATABASE " + schema, "USE " + schema);
        execute(probe, "CREATE DATABASE " + schema + "_probe", "USE " + schema + "_probe");
        CharacterCodes codes = CharacterCodes.make(source, schema);
        for (TypeValues values : TypeValues.matrix()) {
            int number = cases.size();
            execute(source, "CREATE TABLE t" + number + " (id INT PRIMARY KEY, v " + values.type() + ")");
            TypeCase type = new TypeCase(number, values, refusal(source, probe, "t" + number));
            cases.add(type);
            execute(source, "BEGIN", "INSERT INTO " + type.keyed() + " VALUES (0, NULL)");
            int id = 0;
            for (String value : values.values()) {
                execute(source, "INSERT INTO " + type.keyed() + " VALUES (" + ++id + ", " + value + ")");
            }
            codes.fill(source, type.keyed(), values.type());
            execute(
                    source,
                    "INSERT INTO " + type.keyed() + " SELECT id + " + TypeCase.UPDATED + ", NULL FROM " + type.keyed()
                            + " WHERE id > 0",
                    "INSERT INTO " + type.keyed() + " SELECT " + TypeCase.UPDATED + ", v FROM " + type.keyed()
                            + " WHERE id = 1",
                    "INSERT INTO " + type.keyed() + " SELECT id + " + TypeCase.DELETED + ", v FROM " + type.keyed()
                            + " WHERE id < " + TypeCase.INSERTED,
                    "COMMIT");
            if (type.isKeylessToo()) {
                execute(
                        source,
                        "CREATE TABLE " + type.keyless() + " (n INT, v " + values.type() + ")",
                        "INSERT INTO " + type.keyless() + " SELECT id, v FROM " + type.keyed() + " WHERE id < "
                                + TypeCase.INSERTED + " OR id >= " + TypeCase.DELETED);
            }
        }
    }

    private void prepareKinds(Connection source, Connection probe) throws SQLException {
        for (int i = 0; i < kinds.size(); i++) {
            for (String sql : kinds.get(i).before()) {
                execute(source, sql.formatted("g" + i));
            }
            refusals.add(refusal(source, probe, "g" + i));
        }
    }

    /** The tables that TiDB refuses, as {@code check} advises. */
    private void makeByHand(Connection tidb) throws SQLException {
        execute(tidb, "CREATE DATABASE " + schema, "USE " + schema);
        for (TypeCase type : cases) {
            if (type.refusal() != null) {
                execute(
                        tidb,
                        "CREATE TABLE " + type.keyed() + " (id INT PRIMARY KEY, v "
                                + type.values().substitute() + ")",
                        "CREATE TABLE " + type.keyless() + " (n INT, v "
                                + type.values().substitute() + ")");
            }
        }
        for (int i = 0; i < kinds.size(); i++) {
            if (refusals.get(i) != null) {
                execute(tidb, kinds.get(i).substitute().formatted("g" + i));
            }
        }
    }

    /** What TiDB says to the table as the copy creates it, null when it takes it. */
    private static String refusal(Connection source, Connection probe, String table) throws SQLException {
        String create;
        try (Statement statement = source.createStatement();
                ResultSet row = statement.executeQuery("SHOW CREATE TABLE " + table)) {
            row.next();
            create = row.getString(2);
        }
        try (Statement statement = probe.createStatement()) {
            statement.execute(create);
            return null;
        } catch (SQLException e) {
            return e.getErrorCode() + " "
                    + e.getMessage().replaceAll("\\s+", " ").strip();
        }
    }

    private void change(Connection source) throws SQLException {
        execute(source, "USE " + schema);
        for (TypeCase type : cases) {
            String keyed = type.keyed();
            String keyless = type.keyless();
            execute(
                    source,
                    "INSERT INTO " + keyed + " SELECT id + " + TypeCase.INSERTED + ", v FROM " + keyed + " WHERE id < "
                            + TypeCase.INSERTED,
                    "UPDATE " + keyed + " a JOIN " + keyed + " b ON b.id = a.id - " + TypeCase.UPDATED
                            + " SET a.v = b.v WHERE a.id >= " + TypeCase.UPDATED + " AND a.id < " + TypeCase.DELETED,
                    "DELETE FROM " + keyed + " WHERE id >= " + TypeCase.DELETED);
            if (type.isKeylessToo()) {
                execute(
                        source,
                        "UPDATE " + keyless + " SET n = n + " + TypeCase.UPDATED + " WHERE n < " + TypeCase.INSERTED,
                        "DELETE FROM " + keyless + " WHERE n >= " + TypeCase.DELETED);
            }
        }
        for (int i = 0; i < kinds.size(); i++) {
            for (String sql : kinds.get(i).after()) {
                execute(source, sql.formatted("g" + i));
            }
        }
    }

    private static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                try {
                    statement.execute(sql);
                } catch (SQLException e) {
                    throw new SQLException(sql.substring(0, Math.min(300, sql.length())) + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private Path config() throws Exception {
        return Files.writeString(folder.resolve("tiderace.yaml"), """
                kafka: {bootstrap.servers: "%s"}
                schema-registry: {schema.registry.url: "%s"}
                data-dir: %s
                """.formatted(
                        Servers.kafka().bootstrapServers(), Servers.registry().url(), folder.resolve("state")));
    }

    private Path task(String name, int port) throws Exception {
        return Files.writeString(
                folder.resolve(name + ".yaml"), """
                name: %s
                task-mode: all
                meta-schema: %s_meta
                online-ddl: false
                target-database: {host: 127.0.0.1, port: %d, user: root, password: ""}
                mysql-instances:
                  - source-id: %s
                    block-allow-list: rules
                block-allow-list:
                  rules: {do-dbs: [%s], ignore-tables: [{db-name: %s, tbl-name: codes}]}
                """.formatted(name, name, port, schema, schema, schema));
    }

    private void run(Path config, Path source, Path... tasks) throws Exception {
        List<String> words = new ArrayList<>(
                List.of("run", "--config", config.toString(), "--source", source.toString(), "--until-synced"));
        for (Path task : tasks) {
            words.addAll(List.of("--task", task.toString()));
        }
        JavaProcess run = new JavaProcess(Tiderace.class, folder.resolve("run.log"), words.toArray(String[]::new));
        int code = run.end(Duration.ofSeconds(480));
        assertThat(code).as(() -> tail(run.output())).isZero();
        assertThat(run.output()).doesNotContain("WARN", "ERROR");
    }

    private static String tail(String log) {
        return log.substring(Math.max(0, log.length() - 4000));
    }

    /** Wire bytes by table, and by operation and id. */
    private Map<String, Map<String, List<String>>> wire() {
        Map<String, Map<String, List<String>>> result = new TreeMap<>();
        for (WireValues.Image image : WireValues.read(
                RouterProcess.config(
                        Servers.kafka().bootstrapServers(), Servers.registry().url(), folder),
                schema,
                "t")) {
            result.computeIfAbsent(image.table(), table -> new TreeMap<>())
                    .computeIfAbsent(image.op() + image.id(), key -> new ArrayList<>())
                    .add(image.hex());
        }
        return result;
    }
}
