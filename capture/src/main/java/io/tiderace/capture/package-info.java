/**
 * Capture: a source's binlog and first copy into its relay topic, every transaction numbered, records and position in one Kafka
 * transaction.
 *
 * <p>Hides MySQL (protocol, types, JDBC) and Debezium, which is the frame: connection, GTID handling, DDL parser, schema history, life
 * cycle. Rows do not take Debezium's value path but go from binlog bytes straight to wire bytes. Invariants: a position that is stored is a
 * transaction boundary, and the records before it are in the same or an earlier Kafka transaction; a value that cannot be carried as it is
 * stops the source. May use Debezium, the binlog client, JDBC and Kafka's clients; knows nothing of routes and targets.
 */
@NullMarked
package io.tiderace.capture;

import org.jspecify.annotations.NullMarked;
