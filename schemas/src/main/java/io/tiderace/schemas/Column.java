package io.tiderace.schemas;

import org.jspecify.annotations.Nullable;

/**
 * A column of a source table.
 *
 * @param charset character set of a character column, null for others
 * @param collation null when not known or not a character column
 * @param generated true for stored and virtual generated columns: present in row images, never written to a target
 */
public record Column(
        String name,
        MySqlType type,
        @Nullable String charset,
        @Nullable String collation,
        boolean nullable,
        boolean generated) {}
