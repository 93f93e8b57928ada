package io.tiderace.cli;

import io.tiderace.cli.SourceTables.TableColumn;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The questions that a comparison asks about one table of one server, in words that MySQL and TiDB understand alike. Pure.
 *
 * <p>Every value is brought to a text that both servers write in the same way, a row is hashed over its texts, and hashes are added: sums do not
 * depend on order, do not cancel for equal rows, and those of several sources can be added up. Texts of JSON and of floating-point numbers may
 * differ where the values do not, so a difference is looked at again with these columns left out of the hash and their values beside it.
 */
record CompareSql(TableName table, List<TableColumn> columns, List<TableColumn> key) {
    private static final Set<String> BY_VALUE = Set.of("json", "float", "double");
    private static final Set<String> LARGE_TEXT = Set.of("tinytext", "text", "mediumtext", "longtext");
    private static final Set<String> RANGED = Set.of(
            "tinyint",
            "smallint",
            "mediumint",
            "int",
            "bigint",
            "decimal",
            "date",
            "datetime",
            "timestamp",
            "year",
            "char",
            "varchar",
            "binary",
            "varbinary");
    private static final Set<String> BINARY = Set.of("binary", "varbinary");

    CompareSql {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
    }

    static String typeName(TableColumn column) {
        String type = column.type().toLowerCase(Locale.ROOT);
        try {
            return MySqlType.parse(column.type()).name();
        } catch (IllegalArgumentException e) {
            return type.split("[( ]")[0];
        }
    }

    /** True for columns whose text may differ where the value does not. */
    static boolean isByValue(TableColumn column) {
        return BY_VALUE.contains(typeName(column));
    }

    /** True when both servers sort this key column alike, so that ranges of it hold the same rows. */
    static boolean isRanged(TableColumn here, TableColumn there) {
        boolean isText = here.collation() != null || there.collation() != null;
        return RANGED.contains(typeName(here))
                && RANGED.contains(typeName(there))
                && (!isText || String.valueOf(here.collation()).equals(there.collation()));
    }

    static boolean isBinary(TableColumn column) {
        return BINARY.contains(typeName(column));
    }

    /** Number of rows and sum of their hashes. */
    String checksum(KeyRange range) {
        return "SELECT COUNT(*) AS n, COALESCE(SUM(" + number(hash(columns)) + "), 0) AS h FROM " + from(range);
    }

    /** The same for each of some buckets, by hash of the key. */
    String bucketChecksums(KeyRange range, int buckets) {
        return "SELECT " + bucket(buckets) + " AS b, COUNT(*) AS n, SUM(" + number(hash(columns)) + ") AS h FROM "
                + from(range) + " GROUP BY b";
    }

    /** Key, hash and the columns that are compared by value, of every row of the range and bucket; fewer than 0 buckets: of all. */
    String rows(KeyRange range, int buckets, int bucket) {
        String where = buckets <= 1 ? "" : " AND " + bucket(buckets) + " = " + bucket;
        return "SELECT " + rowColumns() + " FROM " + from(range) + where;
    }

    /** The same of the rows with these keys; parameters are the key values, row after row. */
    String rowsByKey(int rows) {
        String one = key.stream().map(column -> name(column) + " = ?").collect(Collectors.joining(" AND ", "(", ")"));
        return "SELECT " + rowColumns() + " FROM " + table.quoted() + " WHERE " + (one + " OR ").repeat(rows - 1) + one;
    }

    /** The key of the row with which a chunk of so many rows ends; no row when fewer are left. */
    String chunkEnd(KeyRange after, int chunkRows, int keyColumns) {
        String names = key.stream().limit(keyColumns).map(CompareSql::name).collect(Collectors.joining(", "));
        return "SELECT " + names + " FROM " + from(after) + " ORDER BY " + names + " LIMIT 1 OFFSET " + (chunkRows - 1);
    }

    private String rowColumns() {
        List<String> selected = new ArrayList<>();
        for (int i = 0; i < key.size(); i++) {
            selected.add((isBinary(key.get(i)) ? "HEX(" + name(key.get(i)) + ")" : name(key.get(i))) + " AS k" + i);
        }
        List<TableColumn> byText =
                columns.stream().filter(column -> !isByValue(column)).toList();
        selected.add(hash(byText) + " AS h");
        int number = 0;
        for (TableColumn column : columns) {
            if (isByValue(column)) {
                String value = typeName(column).equals("json") ? name(column) : name(column) + " + 0e0";
                selected.add(value + " AS v" + number++);
            }
        }
        return String.join(", ", selected);
    }

    private String from(KeyRange range) {
        return table.quoted() + " WHERE "
                + range.condition(key.stream().map(CompareSql::name).toList());
    }

    private String bucket(int buckets) {
        return "MOD(CRC32(" + concat(key) + "), " + buckets + ")";
    }

    /** 60 bits of the hash: a sum of them over any table stays exact in the server's DECIMAL. */
    private static String number(String hash) {
        return "CAST(CONV(SUBSTRING(" + hash + ", 1, 15), 16, 10) AS UNSIGNED)";
    }

    private static String hash(List<TableColumn> columns) {
        return "MD5(" + concat(columns) + ")";
    }

    private static String concat(List<TableColumn> columns) {
        return columns.isEmpty()
                ? "''"
                : columns.stream()
                        .map(column -> "COALESCE(CAST(" + text(column) + " AS BINARY), 'NULL')")
                        .collect(Collectors.joining(", ", "CONCAT_WS('|', ", ")"));
    }

    /** A value as text that both servers write alike; what may be long only as its digest. */
    private static String text(TableColumn column) {
        String type = typeName(column);
        String name = name(column);
        if (LARGE_TEXT.contains(type)) {
            return "MD5(CAST(CONVERT(" + name + " USING utf8mb4) AS BINARY))";
        }
        return switch (type) {
            case "char", "varchar", "enum", "set" -> "CONVERT(" + name + " USING utf8mb4)";
            case "uuid", "inet4", "inet6" -> "CAST(" + name + " AS CHAR)"; // MariaDB's; text in the target
            case "float", "double" -> "CAST(" + name + " + 0e0 AS CHAR)";
            case "bit" -> "CAST(" + name + " + 0 AS CHAR)";
            case "json" -> "MD5(CAST(" + name + " AS CHAR))";
            case "binary", "varbinary" -> "HEX(" + name + ")";
            case "tinyint",
                    "smallint",
                    "mediumint",
                    "int",
                    "bigint",
                    "decimal",
                    "year",
                    "date",
                    "datetime",
                    "timestamp",
                    "time" -> "CAST(" + name + " AS CHAR)";
            default -> "MD5(" + name + ")"; // binary strings of any length, geometry
        };
    }

    private static String name(TableColumn column) {
        return TableName.quote(column.name());
    }
}
