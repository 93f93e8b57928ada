package io.tiderace.tests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The benchmark measures what it should; sizes are too small for the figures to mean anything. Memory, which takes the longest, is left out, and of
 * the scaling all but two.
 */
class BenchmarkIT {
    @TempDir
    Path folder;

    @Test
    void everyFigureIsMeasuredAndTold() throws Exception {
        Path json = folder.resolve("figures.json");
        Path markdown = folder.resolve("figures.md");
        String figures = BenchmarkOptions.FIGURES.stream()
                .filter(figure -> !figure.equals("memory"))
                .collect(Collectors.joining(","));
        Benchmark.measure(BenchmarkOptions.parse(("--only " + figures
                        + " --changes 2000 --rows 2000 --repeats 1 --seconds 1 --tables 20 --points 1000 --targets TiDB"
                        + " --scaling lanes=64,transaction-size=1000 --json "
                        + json + " --markdown " + markdown)
                .split(" ")));
        JsonNode result = new ObjectMapper().readTree(json.toFile());
        List<String> names = new ArrayList<>();
        for (JsonNode figure : result.get("figures")) {
            names.add(figure.get("name").asText());
            assertThat(figure.get("value").asDouble())
                    .as(figure.toString())
                    .isPositive()
                    .isFinite();
            assertThat(figure.get("goal").asText()).isNotEmpty();
            assertThat(figure.get("reached").isBoolean()).isTrue();
        }
        assertThat(names)
                .contains(
                        "capture into relay",
                        "CPU of capture and Kafka a row",
                        "router to apply topic",
                        "copy into relay",
                        "latency p50 to the relay topic",
                        "latency p99 to the relay topic",
                        "restart with 20 tables to first row",
                        "restart after kill -9 to first change, TiDB",
                        "applier to TiDB",
                        "applying to TiDB with checkpoints, CPU",
                        "catch-up to TiDB",
                        "CPU of our processes, catch-up to TiDB",
                        "copy to TiDB",
                        "transactions meanwhile, to TiDB",
                        "latency p50 to TiDB",
                        "latency p99 to TiDB");
        assertThat(result.at("/histograms/latency to TiDB/count").asInt()).isPositive();
        assertThat(result.at("/profiles/catch-up to TiDB/bottleneck").asText())
                .containsPattern("^(capture|router|applier): ");
        assertThat(result.get("tables")).hasSize(2);
        assertThat(Files.readString(markdown)).contains("| catch-up to TiDB |", "By transaction-size");
    }
}
