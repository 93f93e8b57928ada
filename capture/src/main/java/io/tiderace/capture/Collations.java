package io.tiderace.capture;

import com.mysql.cj.CharsetMapping;
import org.jspecify.annotations.Nullable;

/** Collation numbers of the protocol to names, as Connector/J knows them. */
final class Collations {
    private Collations() {}

    /** The character set of a collation, or null when the driver does not know the number. */
    static @Nullable String charset(int collation) {
        if (collation == 0) {
            return null;
        }
        return CharsetMapping.getStaticMysqlCharsetNameForCollationIndex(collation);
    }

    static @Nullable String name(int collation) {
        return collation == 0 ? null : CharsetMapping.getStaticCollationNameForCollationIndex(collation);
    }
}
