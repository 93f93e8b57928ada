package io.tiderace.cli;

import io.tiderace.applier.ApplierService;
import io.tiderace.capture.CaptureService;
import io.tiderace.cli.ConfigOptions.Setup;
import io.tiderace.config.Service;
import io.tiderace.router.RouterService;
import io.tiderace.schemas.StatusReport.Sink;
import java.util.ArrayList;
import java.util.List;

/** The services' object graphs: the only place that knows their classes. */
final class Services {
    private Services() {}

    static List<Service> capture(Setup setup, Sink status) {
        return List.of(new CaptureService(setup.service(), setup.sources(), setup.tasks(), status));
    }

    static List<Service> routers(Setup setup, Sink status) {
        List<Service> services = new ArrayList<>();
        setup.tasks().forEach(task -> services.add(new RouterService(setup.service(), setup.sources(), task, status)));
        return services;
    }

    static List<Service> appliers(Setup setup, Sink status) {
        List<Service> services = new ArrayList<>();
        setup.tasks().forEach(task -> services.add(new ApplierService(setup.service(), setup.sources(), task, status)));
        return services;
    }

    static List<Service> all(Setup setup, Sink status) {
        List<Service> services = new ArrayList<>(capture(setup, status));
        services.addAll(routers(setup, status));
        services.addAll(appliers(setup, status));
        return services;
    }
}
