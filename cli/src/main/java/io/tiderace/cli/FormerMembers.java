package io.tiderace.cli;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is still in the consumer groups of an embedded Kafka that has just been started. They were threads of the process that was killed with it, and a
 * group gives their work to nobody before their sessions are over. If one of them is another process's and lives, it joins anew as after any
 * other end of its session.
 */
final class FormerMembers {
    private static final Logger log = LoggerFactory.getLogger(FormerMembers.class);

    private FormerMembers() {}

    /** Sends them away. Where Kafka refuses that, their sessions end by themselves, some seconds later. */
    static void remove(String bootstrapServers, Collection<String> groups) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
            for (KafkaFuture<ConsumerGroupDescription> description :
                    admin.describeConsumerGroups(groups).describedGroups().values()) {
                remove(admin, description);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // told to leave at once
        }
    }

    private static void remove(Admin admin, KafkaFuture<ConsumerGroupDescription> description)
            throws InterruptedException {
        try {
            ConsumerGroupDescription group = description.get();
            if (!group.members().isEmpty()) {
                admin.removeMembersFromConsumerGroup(group.groupId(), new RemoveMembersFromConsumerGroupOptions())
                        .all()
                        .get();
            }
        } catch (ExecutionException | KafkaException e) {
            if (!(e.getCause() instanceof GroupIdNotFoundException)) {
                log.atWarn().addKeyValue("reason", e).log("former members of the services' groups are waited for");
            }
        }
    }
}
