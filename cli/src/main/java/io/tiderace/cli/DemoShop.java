package io.tiderace.cli;

import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The demonstration's source: a small shop whose tables hold every common type, and people who use it. Not thread-safe. */
final class DemoShop {
    static final String SCHEMA = "shop";
    private static final int CUSTOMERS = 2_000;
    private static final int PRODUCTS = 500;
    private static final int ORDERS = 5_000;

    private static final List<String> TABLES =
            List.of("""
            CREATE TABLE customers (
              id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
              email VARCHAR(120) NOT NULL, name VARCHAR(80) NOT NULL, city VARCHAR(60) CHARACTER SET latin1 COLLATE latin1_bin,
              born DATE, vip TINYINT(1) NOT NULL DEFAULT 0, balance DECIMAL(12,2) NOT NULL DEFAULT 0,
              settings JSON, tags SET('new','gold','b2b'), flags BIT(8),
              created_at DATETIME(6) NOT NULL, updated_at TIMESTAMP(3) NULL,
              UNIQUE KEY by_email (email))""", """
            CREATE TABLE products (
              sku CHAR(8) NOT NULL PRIMARY KEY, title VARCHAR(200) NOT NULL, kind ENUM('book','toy','tool') NOT NULL,
              price DECIMAL(10,2) NOT NULL, weight FLOAT, rating DOUBLE, stock INT UNSIGNED NOT NULL,
              picture VARBINARY(64), description TEXT, made YEAR, ships_at TIME)""", """
            CREATE TABLE orders (
              id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id BIGINT UNSIGNED NOT NULL,
              state ENUM('new','paid','sent','back') NOT NULL, total DECIMAL(12,2) NOT NULL,
              placed_at DATETIME(3) NOT NULL, note MEDIUMTEXT, KEY by_customer (customer_id))""", """
            CREATE TABLE order_lines (
              order_id BIGINT NOT NULL, line SMALLINT NOT NULL, sku CHAR(8) NOT NULL, quantity MEDIUMINT UNSIGNED NOT NULL,
              price DECIMAL(10,2) NOT NULL, PRIMARY KEY (order_id, line))""", "CREATE TABLE visits (at DATETIME(6) NOT NULL, page VARCHAR(100), agent BLOB)");

    private final Random random = new Random(7);
    private long orders = ORDERS;
    private boolean isColumnAdded;

    /** Creates and fills the schema. */
    void load(Database database) throws ServerRefusal {
        database.execute("CREATE DATABASE " + SCHEMA);
        database.execute("USE " + SCHEMA);
        for (String table : TABLES) {
            database.execute(table);
        }
        insert(
                database,
                "INSERT INTO customers (email, name, city, born, vip, balance, settings, tags, flags, created_at, updated_at) VALUES ",
                CUSTOMERS,
                this::customer);
        insert(database, "INSERT INTO products VALUES ", PRODUCTS, this::product);
        insert(
                database,
                "INSERT INTO orders (customer_id, state, total, placed_at, note) VALUES ",
                ORDERS,
                i -> order());
        insert(database, "INSERT INTO order_lines VALUES ", ORDERS, i -> line(i + 1L, 1));
        insert(database, "INSERT INTO visits VALUES ", 300, i -> visit());
    }

    /** Makes one row's values. */
    private interface Row {
        String values(int number);
    }

    private static void insert(Database database, String head, int rows, Row row) throws ServerRefusal {
        int batch = 500;
        for (int from = 0; from < rows; from += batch) {
            database.execute(head
                    + IntStream.range(from, Math.min(rows, from + batch))
                            .mapToObj(row::values)
                            .collect(Collectors.joining(", ")));
        }
    }

    private String customer(int i) {
        String born = i % 50 == 0 ? "NULL" : "'19" + (30 + i % 70) + "-0" + (1 + i % 9) + "-1" + i % 10 + "'";
        return "('c" + i + "@example.com', 'Zoë Łuk " + i + "', 'Málaga', " + born + ", " + i % 2 + ", " + i % 900
                + ".25, '{\"theme\": \"dark\", \"size\": " + i
                + ", \"tags\": [1, 2.5, null]}', 'new,gold', b'1010', NOW(6), NOW(3))";
    }

    private String product(int i) {
        return "('" + sku(i) + "', 'Product № " + i + "', '"
                + List.of("book", "toy", "tool").get(i % 3) + "', " + i + ".95, " + i / 7.0
                + ", " + i / 3.0 + ", 1000, 0x00FF" + String.format("%04x", i) + ", 'A long\\ntext with ''quotes''', "
                + (1990 + i % 30)
                + ", '" + i % 24 + ":30:00')";
    }

    private String order() {
        return "(" + (1 + random.nextInt(CUSTOMERS)) + ", 'new', " + random.nextInt(500) + ".50, NOW(3), NULL)";
    }

    private String line(long order, int line) {
        return "(" + order + ", " + line + ", '" + sku(random.nextInt(PRODUCTS)) + "', " + (1 + random.nextInt(5))
                + ", 9.95)";
    }

    private String visit() {
        return "(NOW(6), '/product/" + random.nextInt(PRODUCTS) + "', 0x4D6F7A696C6C61)";
    }

    private static String sku(int i) {
        return String.format("SKU%05d", i);
    }

    /** One transaction of the shop's day; returns how many rows it changed. */
    int trade(Database database) throws ServerRefusal {
        database.execute("BEGIN");
        int rows = change(database);
        database.execute("COMMIT");
        return rows;
    }

    private int change(Database database) throws ServerRefusal {
        long order = 1L + random.nextInt((int) orders);
        switch (random.nextInt(10)) {
            case 0 -> {
                database.execute("DELETE FROM order_lines WHERE order_id = " + order);
                database.execute("DELETE FROM orders WHERE id = " + order);
                return 2;
            }
            case 1 -> {
                database.execute("UPDATE customers SET balance = balance + 1, settings = JSON_SET(settings, '$.size', "
                        + order + "), updated_at = NOW(3) WHERE id = " + (1 + random.nextInt(CUSTOMERS)));
                return 1;
            }
            case 2 -> {
                database.execute("INSERT INTO visits VALUES " + visit() + ", " + visit());
                return 2;
            }
            case 3, 4, 5 -> {
                String discount = isColumnAdded ? ", discount = 5" : "";
                database.execute(
                        "UPDATE orders SET state = 'paid', note = 'thanks'" + discount + " WHERE id = " + order);
                return 1;
            }
            default -> {
                return newOrder(database);
            }
        }
    }

    private int newOrder(Database database) throws ServerRefusal {
        orders++;
        int lines = 1 + random.nextInt(4);
        database.execute("INSERT INTO orders (id, customer_id, state, total, placed_at, note) VALUES (" + orders + ", "
                + order().substring(1));
        database.execute("INSERT INTO order_lines VALUES "
                + IntStream.rangeClosed(1, lines).mapToObj(i -> line(orders, i)).collect(Collectors.joining(", ")));
        database.execute("UPDATE products SET stock = stock - 1, rating = rating + 0.1 WHERE sku = '"
                + sku(random.nextInt(PRODUCTS)) + "'");
        return lines + 2;
    }

    /** Changes a table while it is in use. */
    void addColumn(Database database) throws ServerRefusal {
        database.execute("ALTER TABLE orders ADD COLUMN discount DECIMAL(5,2) NOT NULL DEFAULT 0 AFTER total");
        isColumnAdded = true;
    }
}
