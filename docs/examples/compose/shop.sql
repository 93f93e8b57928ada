-- Sample data of docker-compose.yml, and the account that Tiderace reads it with.
CREATE USER tiderace@'%' IDENTIFIED BY 'tiderace';
GRANT SELECT, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO tiderace@'%';

CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;

CREATE TABLE customers (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(100) NOT NULL,
  email VARCHAR(200) NOT NULL,
  born DATE NULL,
  tags SET('new', 'regular', 'wholesale') NOT NULL DEFAULT 'new',
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  UNIQUE KEY email (email)
);

CREATE TABLE products (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  title VARCHAR(200) NOT NULL,
  price DECIMAL(12, 2) NOT NULL,
  in_stock INT UNSIGNED NOT NULL DEFAULT 0,
  attributes JSON NULL,
  thumbnail VARBINARY(64) NULL
);

CREATE TABLE orders (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id BIGINT UNSIGNED NOT NULL,
  state ENUM('open', 'paid', 'sent', 'returned') NOT NULL DEFAULT 'open',
  total DECIMAL(14, 2) NOT NULL,
  ordered_at DATETIME(6) NOT NULL,
  KEY customer (customer_id)
);

CREATE TABLE order_lines (
  order_id BIGINT UNSIGNED NOT NULL,
  line SMALLINT NOT NULL,
  product_id INT NOT NULL,
  pieces INT NOT NULL,
  PRIMARY KEY (order_id, line)
);

INSERT INTO customers (name, email, born, tags) VALUES
  ('Ada Grün', 'ada@example.com', '1979-03-14', 'regular'),
  ('Bo Øst', 'bo@example.com', NULL, 'new,wholesale'),
  ('Chen 陈', 'chen@example.com', '2001-12-31', 'new');

INSERT INTO products (title, price, in_stock, attributes, thumbnail) VALUES
  ('Tide table', 12.50, 400, '{"pages": 96, "language": ["en", "de"]}', 0x00ff10),
  ('Brass sextant', 849.00, 7, '{"weight": 1.25}', NULL),
  ('Log book', 9.90, 1200, NULL, 0x89504e47);

INSERT INTO orders (customer_id, state, total, ordered_at) VALUES
  (1, 'sent', 871.40, '2025-05-02 09:15:00.123456'),
  (2, 'open', 99.00, '2025-05-03 18:40:11.000001');

INSERT INTO order_lines VALUES (1, 1, 1, 1), (1, 2, 2, 1), (1, 3, 3, 1), (2, 1, 3, 10);
