package io.tiderace.cli;

import io.tiderace.config.Service;
import io.tiderace.schemas.TideraceException.DataException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The first failure stops the others and decides how the command ends; an end without one is orderly. */
@Timeout(20)
class ServiceGroupTest {
    private final List<String> failures = new ArrayList<>();

    private ServiceGroup group(Service... services) {
        return new ServiceGroup(
                List.of(services), (service, error) -> failures.add(service.name() + " " + error.code()));
    }

    @Test
    void theFirstFailureStopsTheOthers() {
        Stoppable healthy = new Stoppable("router");
        RuntimeException error = new DataException("TR-A999", "broken", "mend it");
        ServiceGroup group = group(healthy, new Failing("applier", error));
        group.start();
        assertThatThrownBy(group::await).isSameAs(error);
        assertThat(healthy.isStopped.getCount()).isZero();
        assertThat(failures).containsExactly("applier TR-A999");
    }

    @Test
    void aBugIsThrownAsItIs() {
        IllegalStateException bug = new IllegalStateException("bug");
        ServiceGroup group = group(new Failing("applier", bug), new Stoppable("router"));
        group.start();
        assertThatThrownBy(group::await).isSameAs(bug);
        assertThat(failures).isEmpty();
    }

    @Test
    void stoppedByRequestItEndsInAnOrderlyWay() throws Exception {
        ServiceGroup group = group(new Stoppable("capture"), new Stoppable("router"));
        group.start();
        assertThat(group.isStopping()).isFalse();
        group.stop();
        group.await();
        assertThat(group.isStopping()).isTrue();
    }

    @Test
    void itEndsWhenAllHaveFinishedTheirWork() throws Exception {
        Stoppable finished = new Stoppable("capture");
        finished.stop();
        ServiceGroup group = group(finished);
        group.start();
        group.await();
    }

    private record Failing(String name, RuntimeException error) implements Service {
        @Override
        public void run() {
            throw error;
        }

        @Override
        public void stop() {}
    }

    private record Stoppable(String name, CountDownLatch isStopped) implements Service {
        Stoppable(String name) {
            this(name, new CountDownLatch(1));
        }

        @Override
        public void run() throws InterruptedException {
            isStopped.await();
        }

        @Override
        public void stop() {
            isStopped.countDown();
        }
    }
}
