package io.tiderace.config;

import java.util.List;

/** Short names for the kinds of value, so that the key tables read as tables. */
final class KeyTypes {
    static final KeyType TEXT = new KeyType.Text(false);
    static final KeyType SECRET = new KeyType.Text(true);
    static final KeyType FLAG = new KeyType.Flag();
    static final KeyType TEXTS = new KeyType.Texts(TEXT);
    static final KeyType PATTERN = new KeyType.Pattern();
    static final KeyType PATTERNS = new KeyType.Texts(PATTERN);
    static final KeyType MAPPING_OF_TEXTS = new KeyType.TextMap();
    static final KeyType ANYTHING = new KeyType.Anything();
    static final KeyType TIME_ZONE = new KeyType.TimeZone();
    static final KeyType DURATION = new KeyType.Span(0, false);
    /** A count for which DM has no limit of its own. */
    static final KeyType COUNT = new KeyType.Whole(0, Integer.MAX_VALUE);

    private KeyTypes() {}

    static KeyType whole(long min, long max) {
        return new KeyType.Whole(min, max);
    }

    static KeyType oneOf(String... values) {
        return new KeyType.Choice(List.of(values), false);
    }

    static KeyType oneOfAnyCase(String... values) {
        return new KeyType.Choice(List.of(values), true);
    }

    static KeyType mapping(KeyTable table) {
        return new KeyType.Mapping(table);
    }

    static KeyType mappings(KeyTable table) {
        return new KeyType.Mappings(table);
    }

    static KeyType named(KeyTable table) {
        return new KeyType.Named(table);
    }
}
