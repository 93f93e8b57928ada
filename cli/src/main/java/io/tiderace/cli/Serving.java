package io.tiderace.cli;

import io.tiderace.config.Service;
import io.tiderace.schemas.StatusReport;
import java.io.PrintStream;
import java.util.List;
import java.util.function.Function;

/** Runs services in this process until they end, with status, display and signals: what {@code run} and the three services share. */
final class Serving {
    private Serving() {}

    /**
     * Returns after an orderly end of all of them.
     *
     * @param prepare called with the group and the publisher before the services start
     * @throws io.tiderace.schemas.TideraceException when Kafka or registry cannot be used, or the error that ended it
     */
    static void serve(
            ConfigOptions.Setup setup,
            Function<StatusReport.Sink, List<Service>> services,
            PrintStream out,
            Preparation prepare)
            throws InterruptedException {
        Kafka.requireUsable(setup.service());
        try (StatusPublisher status = StatusPublisher.start(setup.service())) {
            ServiceGroup group =
                    new ServiceGroup(services.apply(status), (service, error) -> status.failed(service.name(), error));
            prepare.prepare(group, status);
            Signals.onStop(group::stop);
            LiveDisplay display = LiveDisplay.start(out, LiveDisplay.onTerminal(), status::latest);
            ClockWatch clock = ClockWatch.start(group::fail);
            try {
                group.start();
                group.await();
            } finally {
                clock.close();
                display.close();
            }
        }
    }

    /** Hangs more on the group before it starts. */
    @FunctionalInterface
    interface Preparation {
        void prepare(ServiceGroup group, StatusPublisher status);
    }
}
