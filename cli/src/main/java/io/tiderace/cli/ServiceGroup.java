package io.tiderace.cli;

import io.tiderace.config.Service;
import io.tiderace.schemas.TideraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The services of one command, a thread each. The first that fails stops the others, and its error is the command's. Thread-safe.
 *
 * <pre>
 *   start ──> running ──all returned──> ended
 *                │ fail() or a service throws: the error is kept
 *                │ stop()
 *                └──> stopping ──all returned, or 10 s──> ended
 * </pre>
 */
final class ServiceGroup {
    private static final Logger log = LoggerFactory.getLogger(ServiceGroup.class);
    private static final long STOP_MAX_MS = 10_000;

    /** Hears of the error before the others are stopped. */
    interface FailureListener {
        void failed(Service service, TideraceException error);
    }

    private final List<Service> services;
    private final FailureListener listener;
    private final List<Thread> threads = new ArrayList<>();
    private final CountDownLatch running;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    ServiceGroup(List<Service> services, FailureListener listener) {
        this.services = List.copyOf(services);
        this.listener = listener;
        this.running = new CountDownLatch(services.size());
    }

    void start() {
        for (Service service : services) {
            Thread thread = new Thread(() -> run(service), service.name());
            threads.add(thread);
            thread.start();
        }
    }

    private void run(Service service) {
        try {
            service.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // told to leave at once
        } catch (Throwable e) {
            boolean first = failure.compareAndSet(null, e);
            if (first && e instanceof TideraceException error) {
                log.atError()
                        .addKeyValue("service", service.name())
                        .addKeyValue("code", error.code())
                        .log(error.problem());
                listener.failed(service, error);
            }
            stop();
        } finally {
            running.countDown();
        }
    }

    /** Asks every service for an orderly stop. */
    void stop() {
        stopping.countDown();
        services.forEach(Service::stop);
    }

    /** True once the group was told to end, or a service failed or ended. */
    boolean isStopping() {
        return stopping.getCount() == 0 || running.getCount() < services.size();
    }

    /** Ends the group with this error, unless it has one. */
    void fail(Throwable error) {
        failure.compareAndSet(null, error);
        stop();
    }

    /**
     * Waits until every service has returned.
     *
     * @throws TideraceException the first failure of a service
     */
    void await() throws InterruptedException {
        while (!running.await(100, TimeUnit.MILLISECONDS)) {
            if (stopping.getCount() == 0) {
                awaitStopped();
                break;
            }
        }
        Throwable error = failure.get();
        if (error instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (error instanceof Error serious) {
            throw serious;
        }
        if (error != null) {
            throw new IllegalStateException(error);
        }
    }

    private void awaitStopped() throws InterruptedException {
        if (running.await(STOP_MAX_MS, TimeUnit.MILLISECONDS)) {
            return;
        }
        List<String> late =
                threads.stream().filter(Thread::isAlive).map(Thread::getName).toList();
        log.atWarn().addKeyValue("services", late).log("no orderly end in time: interrupting");
        threads.forEach(Thread::interrupt);
        running.await(STOP_MAX_MS / 5, TimeUnit.MILLISECONDS);
    }
}
