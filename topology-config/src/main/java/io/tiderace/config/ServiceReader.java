package io.tiderace.config;

import io.tiderace.config.Problems.Place;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Makes {@link ServiceConfig} of tiderace.yaml's root and of the environment, which goes before the file.
 *
 * @param folder what relative paths of the file start from
 */
record ServiceReader(Problems problems, Path folder, Map<String, String> environment) {
    private static final int DIGITS_OF_KEY = 64;
    private static final Pattern ADDRESS = Pattern.compile("(?:\\[([^]]+)]|([^\\[\\]:]+)):([0-9]{1,5})");

    /** The settings and the operator's key for DM's passwords, empty when there is none. */
    record Result(ServiceConfig service, List<byte[]> passwordKeys) {}

    Result read(Section file) {
        Section service = overridden(file, "");
        Section kafka = overridden(sub(file, "kafka"), "kafka");
        Section registry = overridden(sub(file, "schema-registry"), "schema-registry");
        Section copy = overridden(sub(file, "copy"), "copy");
        warnOfLookalikes();
        String prefix = service.text("topic-prefix");
        if (!prefix.matches("[a-zA-Z0-9._-]{1,80}")) {
            problems.error(
                    service.place("topic-prefix"),
                    "\"" + prefix + "\" cannot begin a topic's name",
                    "use at most 80 letters, digits, dots, underscores and dashes");
        }
        if (service.whole("replication-factor") == 0) {
            problems.error(service.place("replication-factor"), "0 is no number of replicas", "use 1 or more, or -1");
        }
        ServiceConfig config = new ServiceConfig(
                prefix,
                texts(kafka),
                texts(registry),
                (int) service.whole("replication-factor"),
                service.span("relay-retention"),
                (int) service.whole("max-message-bytes"),
                service.text("instance").isEmpty() ? ownName() : service.text("instance"),
                Path.of(service.text("data-dir")),
                new CopyLimits(copy.whole("max-history-list-length"), copy.span("max-replica-lag"), replicas(copy)));
        return new Result(config, passwordKeys(service));
    }

    private Section sub(Section file, String key) {
        Section section = file.section(key);
        KeyTable table =
                switch (key) {
                    case "kafka" -> ServiceKeys.KAFKA_KEYS;
                    case "copy" -> ServiceKeys.COPY_KEYS;
                    default -> ServiceKeys.REGISTRY_KEYS;
                };
        return section != null ? section : new Section(table, file.place(), Map.of(), Map.of());
    }

    private List<CopyLimits.Replica> replicas(Section copy) {
        List<CopyLimits.Replica> result = new ArrayList<>();
        for (String address : copy.text("replicas").split(",", -1)) {
            Matcher parts = ADDRESS.matcher(address.strip());
            if (parts.matches()) {
                String host = parts.group(1) == null ? parts.group(2) : parts.group(1);
                result.add(new CopyLimits.Replica(host, Integer.parseInt(parts.group(3))));
            } else if (!address.isBlank()) {
                problems.error(copy.place("replicas"), "\"" + address.strip() + "\" is no address", "write host:port");
            }
        }
        return result;
    }

    private static Map<String, String> texts(Section section) {
        Map<String, String> texts = new TreeMap<>();
        for (String key : section.table().keys().keySet()) {
            if (section.has(key) && !section.text(key).isEmpty()) {
                texts.put(key, section.text(key));
            }
        }
        return texts;
    }

    /** The section with the values that the environment has for its keys. */
    private Section overridden(Section section, String name) {
        Map<String, Object> values = new HashMap<>(section.values());
        Map<String, Place> places = new HashMap<>(section.places());
        YamlReader reader = new YamlReader(problems, new Substitution(folder, environment));
        for (Key key : section.table().keys().values()) {
            String variable = ServiceKeys.variable(name, key.name());
            String text = environment.get(variable);
            if (text == null || text.isEmpty() || key.type() instanceof KeyType.Mapping) {
                continue;
            }
            Place place = new Place("environment variable " + variable, 0, "");
            Object value = key.type().read(reader, new ScalarNode(Tag.STR, text, null, null, ScalarStyle.PLAIN), place);
            if (value != null) {
                values.put(key.name(), value);
                places.put(key.name(), place);
            }
        }
        return new Section(section.table(), section.place(), values, places);
    }

    /** Orchestrators set variables of their own that begin like ours, so only a near miss is worth a word. */
    private void warnOfLookalikes() {
        List<String> known = ServiceKeys.variables();
        for (String variable : new TreeMap<>(environment).keySet()) {
            if (variable.startsWith("TIDERACE_") && !known.contains(variable)) {
                known.stream()
                        .filter(name -> KeyTable.distance(name, variable) <= 2)
                        .findFirst()
                        .ifPresent(name -> problems.warning(
                                new Place("environment variable " + variable, 0, ""),
                                "is not known; did you mean " + name + "?"));
            }
        }
    }

    private List<byte[]> passwordKeys(Section service) {
        String name = service.text("secret-key-path");
        if (name.isEmpty()) {
            return List.of();
        }
        Path path = folder.resolve(name);
        try {
            String digits = Files.readString(path).strip();
            if (digits.length() == DIGITS_OF_KEY) {
                return List.of(HexFormat.of().parseHex(digits));
            }
        } catch (IOException e) {
            problems.error(
                    service.place("secret-key-path"),
                    "the file " + path + " cannot be read (" + Substitution.reason(e) + ")",
                    "create it or allow reading it");
            return List.of();
        } catch (IllegalArgumentException e) {
            // not hexadecimal: reported like a wrong length, without a word of the content
        }
        problems.error(
                service.place("secret-key-path"),
                "the file " + path + " does not hold " + DIGITS_OF_KEY + " hexadecimal digits",
                "copy the key file that dm-master uses");
        return List.of();
    }

    private String ownName() {
        String host = environment.getOrDefault("HOSTNAME", "");
        if (host.isEmpty()) {
            try {
                host = InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException e) {
                host = "localhost";
            }
        }
        return host + "-" + ProcessHandle.current().pid();
    }
}
