package io.tiderace.cli;

import io.tiderace.cli.ConfigOptions.Setup;
import io.tiderace.config.Service;
import io.tiderace.schemas.StatusReport.Sink;
import java.util.ArrayList;
import java.util.List;

/** The services' object graphs: the only place that knows their classes. */
final class Services {
    private Services() {}

    static List<Service> capture(Setup setup, Sink status) {
        return List.of();
    }

    static List<Service> routers(Setup setup, Sink status) {
        List<Service> services = new ArrayList<>();
        return services;
    }

    static List<Service> appliers(Setup setup, Sink status) {
        List<Service> services = new ArrayList<>();
        return services;
    }

    static List<Service> all(Setup setup, Sink status) {
        List<Service> services = new ArrayList<>(capture(setup, status));
        services.addAll(routers(setup, status));
        services.addAll(appliers(setup, status));
        return services;
    }
}
