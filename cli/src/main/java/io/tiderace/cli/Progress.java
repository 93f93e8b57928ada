package io.tiderace.cli;

/** Told how far a download, an unpacking or a build is. */
@FunctionalInterface
public interface Progress {
    /** Tells nobody. */
    Progress NONE = (what, done, total) -> {};

    /**
     * @param what what is under way, as words for the user
     * @param done bytes so far
     * @param total bytes in all, -1 when not known
     */
    void at(String what, long done, long total);
}
