package io.tiderace.config;

/** One of the three services in this process. The command gives it a thread; an exception out of {@link #run} ends the command. */
public interface Service {
    /** What the operator calls it: {@code capture}, {@code router}, {@code applier}. */
    String name();

    /**
     * Works until {@link #stop} was called or all its work is finished (a task that only copies). Returns after an orderly stop on a
     * transaction boundary, with everything closed.
     *
     * @throws io.tiderace.schemas.TideraceException when an operator has to act; anything else thrown is a bug
     */
    void run() throws InterruptedException;

    /** Asks for an orderly stop and returns at once; any thread, any number of times, also before {@link #run}. */
    void stop();
}
