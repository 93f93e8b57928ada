package io.tiderace.cli;

import io.tiderace.cli.ConfigOptions.Setup;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** All prechecks of a set of sources and tasks, in the order in which one would look. */
final class Checks {
    private Checks() {}

    /** Runs every check and hands over each result as it is known. */
    static void all(Setup setup, Consumer<CheckResult> results) throws InterruptedException {
        for (SourceConfig source : setup.sources()) {
            SourceChecks.run(source, instances(setup, source), true).forEach(results);
        }
        for (TaskConfig task : setup.tasks()) {
            TargetChecks.run(task, targetTables(setup, task)).forEach(results);
        }
        ServiceConfig service = setup.service();
        if (service.kafka().containsKey("bootstrap.servers")) {
            results.accept(
                    answer("kafka", () -> Kafka.requireReachable(service), service.bootstrapServers() + " answers"));
        }
        if (service.registry().containsKey("schema.registry.url")) {
            results.accept(answer(
                    "registry",
                    () -> new RegistryClient(service.registry()).requireReachable(),
                    service.registryUrl() + " answers"));
        }
    }

    /**
     * Only what makes a start pointless, before anything is started.
     *
     * @throws TideraceException the first failure
     */
    static void requireRunnable(Setup setup) {
        for (SourceConfig source : setup.sources()) {
            requirePassed(SourceChecks.run(source, instances(setup, source), false));
        }
        for (TaskConfig task : setup.tasks()) {
            requirePassed(TargetChecks.run(task, Set.of()));
        }
    }

    private static void requirePassed(List<CheckResult> results) {
        for (CheckResult result : results) {
            if (result.isFailed()) {
                throw result.exception();
            }
        }
    }

    /** Throws a {@link TideraceException} when the answer is no. */
    private interface Question {
        void ask() throws InterruptedException;
    }

    private static CheckResult answer(String subject, Question question, String found) throws InterruptedException {
        try {
            question.ask();
            return CheckResult.pass(subject, found);
        } catch (TideraceException e) {
            return CheckResult.fail(subject, e.problem(), e.cure());
        }
    }

    private static List<TaskConfig.Instance> instances(Setup setup, SourceConfig source) {
        return setup.tasks().stream()
                .flatMap(task -> task.instances().stream())
                .filter(instance -> instance.sourceId().equals(source.sourceId()))
                .toList();
    }

    /** Where the tables that are at the sources now would go; sources that cannot be asked are left out. */
    private static Set<TableName> targetTables(Setup setup, TaskConfig task) {
        Set<TableName> tables = new TreeSet<>();
        for (TaskConfig.Instance instance : task.instances()) {
            try (Database database =
                    Database.open(setup.source(instance.sourceId()).from())) {
                SourceTables.read(database, List.of(instance))
                        .names()
                        .forEach(table -> tables.add(instance.routes().route(table)));
            } catch (ServerRefusal told) {
                // the source's own check says why
            }
        }
        return tables;
    }
}
