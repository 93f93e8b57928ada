package io.tiderace.config;

import java.util.List;

/**
 * One key of a configuration file.
 *
 * @param byDefault what holds when the key is absent, as one would write it; empty when nothing does
 * @param doc a sentence for the reference
 * @param harmless values that are accepted although the key is refused, because they ask for nothing
 */
record Key(
        String name,
        KeyType type,
        String byDefault,
        String doc,
        Support support,
        boolean isRequired,
        List<String> harmless) {
    enum Support {
        /** Does what it says. */
        SUPPORTED,
        /** Accepted and without effect: what it asks for is what always happens, or it tunes a part that does not exist here. */
        ACCEPTED,
        /** Accepted with a warning; DM ignores it too, or it cannot be honoured and that does no harm. */
        IGNORED,
        /** Understood, but not supported yet: an error unless the value asks for nothing. */
        REFUSED
    }

    static Key supported(String name, KeyType type, String byDefault, String doc) {
        return new Key(name, type, byDefault, doc, Support.SUPPORTED, false, List.of());
    }

    static Key required(String name, KeyType type, String doc) {
        return new Key(name, type, "", doc, Support.SUPPORTED, true, List.of());
    }

    static Key accepted(String name, KeyType type, String byDefault, String doc) {
        return new Key(name, type, byDefault, doc, Support.ACCEPTED, false, List.of());
    }

    static Key ignored(String name, KeyType type, String doc) {
        return new Key(name, type, "", doc, Support.IGNORED, false, List.of());
    }

    /** Empty values never ask for anything, so they need not be listed as harmless. */
    static Key refused(String name, KeyType type, String doc, String... harmless) {
        String byDefault = harmless.length == 0 ? "" : harmless[0];
        return new Key(name, type, byDefault, doc, Support.REFUSED, false, List.of(harmless));
    }
}
