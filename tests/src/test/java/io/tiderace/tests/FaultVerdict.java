package io.tiderace.tests;

import io.tiderace.cli.Tiderace;
import io.tiderace.config.Topics;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What has to hold at the end of a run. Collects what does not. */
final class FaultVerdict {
    /** A service that waited for its neighbour for as long as it may ends with 4, as Kafka does whose disk is full, and is started again. */
    private static final int RETRIES_EXHAUSTED = 4;

    private static final Pattern CODE = Pattern.compile("error (TR-[A-Z][0-9]+)");
    private static final Set<String> CODES_EXPECTED =
            Set.of("TR-A010", "TR-A040", "TR-C020", "TR-L024", "TR-R013", "TR-R016", "TR-S010", "TR-T011");
    private static final Pattern BUG =
            Pattern.compile("(?m)^(\\tat .*|This is a bug.*|Exception in thread.*|.*OutOfMemory.*)$");

    /** Much more than anything takes here, on a slow machine too. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final FaultStack stack;
    private final List<String> findings = new ArrayList<>();
    private long lost;
    private long repeated;

    FaultVerdict(FaultStack stack) {
        this.stack = stack;
    }

    List<String> findings() {
        return findings;
    }

    /** Rows that the source has and the target has not. */
    long lost() {
        return lost;
    }

    /** Rows that the target has and the source has not, or not so often. */
    long repeated() {
        return repeated;
    }

    void require(boolean holds, String otherwise) {
        if (!holds) {
            findings.add(otherwise);
        }
    }

    /** Every table row by row, those without a key counting how often each is there. */
    void rows() throws SQLException {
        Set<String> tables = tables(stack.sourceUrl());
        require(tables.equals(tables(stack.targetUrl())), "tables: " + tables + " and " + tables(stack.targetUrl()));
        for (String table : tables) {
            Map<String, Integer> difference = rows(stack.sourceUrl(), table);
            rows(stack.targetUrl(), table).forEach((row, times) -> difference.merge(row, -times, Integer::sum));
            difference.values().removeIf(times -> times == 0);
            for (int times : difference.values()) {
                lost += Math.max(0, times);
                repeated += Math.max(0, -times);
            }
            require(
                    difference.isEmpty(),
                    table + " differs (positive: at the source only): "
                            + difference.entrySet().stream().limit(10).toList());
        }
    }

    private static Set<String> tables(String jdbcUrl) throws SQLException {
        Set<String> tables = new TreeSet<>();
        try (Connection connection = DriverManager.getConnection(jdbcUrl, "root", "");
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT table_name FROM information_schema.tables WHERE table_schema = '"
                                + FaultStack.NAME + "'")) {
            while (rows.next()) {
                tables.add(rows.getString(1));
            }
        }
        return tables;
    }

    private static Map<String, Integer> rows(String jdbcUrl, String table) throws SQLException {
        Map<String, Integer> result = new HashMap<>();
        try (Connection connection = DriverManager.getConnection(jdbcUrl, "root", "");
                Statement statement = connection.createStatement()) {
            statement.execute("SET time_zone = '+00:00'");
            try (ResultSet rows = statement.executeQuery("SELECT * FROM " + FaultStack.NAME + ".`" + table + "`")) {
                int columns = rows.getMetaData().getColumnCount();
                while (rows.next()) {
                    StringBuilder row = new StringBuilder();
                    for (int column = 1; column <= columns; column++) {
                        row.append(rows.getString(column)).append('\u0001');
                    }
                    result.merge(row.toString(), 1, Integer::sum);
                }
            }
        }
        return result;
    }

    /** The command that an operator would ask says so too. */
    void compare() throws Exception {
        JavaProcess compare = new JavaProcess(
                Tiderace.class,
                stack.folder().resolve("compare.log"),
                stack.directFiles().command("compare"));
        int code = compare.end(PATIENCE);
        require(code == 0, "compare ended with " + code + ":\n" + compare.output());
    }

    /** Numbers of relay and apply topic leave nothing out. */
    long numbers() {
        Topics topics = new Topics("tiderace.");
        Numbers numbers = new Numbers(
                "127.0.0.1:" + stack.kafka().port(),
                "http://127.0.0.1:" + stack.kafka().registryPort());
        long relay = numbers.requireContiguousRelay(topics.relay(FaultStack.NAME));
        long apply = numbers.requireContiguousApply(topics.apply(FaultStack.NAME, FaultStack.NAME));
        require(relay == apply, "relay topic ends with " + relay + ", apply topic with " + apply);
        return relay;
    }

    /** Nobody ended but as it may, and nobody logged what it should not. */
    void processes() {
        for (int code : stack.kafka().endings()) {
            require(code == RETRIES_EXHAUSTED, "Kafka ended by itself with " + code);
        }
        for (FaultMember member : stack.members()) {
            for (int code : member.endings()) {
                require(code == RETRIES_EXHAUSTED, member.name() + " ended by itself with " + code);
            }
            String output = member.output();
            Matcher bug = BUG.matcher(output);
            if (bug.find()) {
                int from = Math.max(0, output.lastIndexOf('\n', Math.max(0, bug.start() - 500)));
                findings.add(
                        member.name() + ": " + output.substring(from, Math.min(output.length(), bug.end() + 2500)));
            }
            Matcher code = CODE.matcher(output);
            while (code.find()) {
                require(CODES_EXPECTED.contains(code.group(1)), member.name() + ": " + line(output, code.start()));
            }
        }
    }

    private static String line(String text, int at) {
        int end = text.indexOf('\n', at);
        return text.substring(text.lastIndexOf('\n', at) + 1, end < 0 ? text.length() : end);
    }

    /** Each at SIGTERM with 0. */
    void stopAll() throws InterruptedException {
        for (FaultMember member : stack.members()) {
            int code = member.stop(PATIENCE);
            require(code == 0, member.name() + " ended with " + code + " at SIGTERM");
        }
    }
}
