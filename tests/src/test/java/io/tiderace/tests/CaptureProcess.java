package io.tiderace.tests;

import io.tiderace.capture.CaptureService;
import io.tiderace.config.BlockAllowList;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.Routes;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TableName;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A capture in a process of its own, which a test can kill; also how the tests configure one in theirs. */
final class CaptureProcess {
    private CaptureProcess() {}

    /** Arguments: bootstrap servers, registry url, data directory, source id, port, schema. */
    public static void main(String[] arguments) throws InterruptedException {
        ServiceConfig config = RouterProcess.config(arguments[0], arguments[1], Path.of(arguments[2]));
        Source source = Source.of(arguments[3], Integer.parseInt(arguments[4]), arguments[5]);
        CaptureService service = service(config, source, report -> {});
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            service.stop();
            try {
                main.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }));
        System.out.println("ready");
        service.run();
    }

    /** Starts one; its output is in the folder. */
    static JavaProcess start(Path folder, Source source) {
        return new JavaProcess(
                CaptureProcess.class,
                folder.resolve("capture.log"),
                Servers.kafka().bootstrapServers(),
                Servers.registry().url(),
                folder.toString(),
                source.id(),
                Integer.toString(source.port()),
                source.schema());
    }

    /** Changes of one schema of one server on this machine. */
    record Source(String id, int port, String user, String password, String schema, TaskConfig.@Nullable Start start) {
        static Source of(String id, int port, String schema) {
            return new Source(id, port, "root", "", schema, null);
        }

        Source as(String otherUser, String otherPassword) {
            return new Source(id, port, otherUser, otherPassword, schema, start);
        }

        /** The same source at another server, or through a proxy. */
        Source through(int otherPort) {
            return new Source(id, otherPort, user, password, schema, start);
        }

        Source from(TaskConfig.Start otherStart) {
            return new Source(id, port, user, password, schema, otherStart);
        }
    }

    static CaptureService service(ServiceConfig config, Source source, StatusReport.Sink status) {
        DatabaseConfig database = new DatabaseConfig(
                "127.0.0.1",
                source.port(),
                source.user(),
                new DatabaseConfig.Secret(source.password()),
                Map.of(),
                null);
        BlockAllowList list = BlockAllowList.compile(
                new BlockAllowList.Patterns(
                        List.of(source.schema(), source.schema() + "_new"),
                        List.of(),
                        List.of(),
                        List.of(new TableName(source.schema(), "left_out*"))),
                true);
        TaskConfig.Instance instance = new TaskConfig.Instance(
                source.id(),
                source.start(),
                list,
                Routes.compile(List.of(), true),
                new TaskConfig.Copy(1),
                new TaskConfig.Apply(1, false));
        SourceConfig from = new SourceConfig(source.id(), SourceConfig.Flavor.DETECT, 0, true, true, database);
        TaskConfig task = new TaskConfig(
                source.id(), TaskConfig.Mode.INCREMENTAL, "tiderace_meta", database, List.of(), List.of(instance));
        return new CaptureService(config, List.of(from), List.of(task), status);
    }
}
