package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.schemas.SourcePosition;
import io.tiderace.tests.BenchmarkTask.From;
import io.tiderace.tests.BenchmarkWorkload.Shape;

/** Changes that a source's log holds between two positions, all of one schema. */
record BenchmarkBacklog(
        MySqlServer source, String schema, Shape shape, int changes, SourcePosition from, SourcePosition to) {

    /** Makes the tables and writes the changes. */
    static BenchmarkBacklog write(MySqlServer source, String schema, Shape shape, int changes) throws Exception {
        BenchmarkWorkload.createTables(source.jdbcUrl(), schema, shape);
        SourcePosition from = BenchmarkStand.position(source);
        BenchmarkWorkload.write(source.jdbcUrl(), schema, shape, changes);
        return new BenchmarkBacklog(source, schema, shape, changes, from, BenchmarkStand.position(source));
    }

    long transactions() {
        return changes / shape.transactionChanges();
    }

    /** Rows and their Commits. */
    long records() {
        return changes + transactions();
    }

    /** To be captured under that name, from its beginning. */
    From as(String sourceId) {
        return new From(sourceId, source.port(), schema, from);
    }
}
