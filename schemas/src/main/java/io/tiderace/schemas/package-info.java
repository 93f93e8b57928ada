/**
 * The vocabulary of Tiderace: the records on the wire and their codec, positions, the schema registry's client, errors.
 *
 * <p>Hides Avro (only {@link io.tiderace.schemas.RecordCodec} and {@link io.tiderace.schemas.RowEncoder} see it) and the
 * registry's protocol. Invariant: every record begins with its transaction number and its row number in the transaction,
 * so that a stage reads both without decoding the rest. May use Avro and Jackson, nothing of Kafka, Debezium or JDBC.
 */
@NullMarked
package io.tiderace.schemas;

import org.jspecify.annotations.NullMarked;
