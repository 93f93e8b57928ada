package io.tiderace.capture;

import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.DatabaseConfig.Secret;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.SourceConfig.Flavor;
import io.tiderace.schemas.TideraceException.SourceException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: a source file that names another kind of server is refused, with both kinds in the message. Method: every flavor against both. */
class SourceErrorsTest {
    @ParameterizedTest
    @CsvSource({"MYSQL, true, mysql, MariaDB", "MARIADB, false, mariadb, MySQL"})
    void anotherFlavorIsRefused(Flavor flavor, boolean isMariaDb, String said, String found) {
        assertThatThrownBy(() -> SourceErrors.requireFlavor(source(flavor), isMariaDb))
                .isInstanceOf(SourceException.class)
                .hasMessageContaining("TR-C070")
                .hasMessageContaining(
                        "source s1: the source file says flavor " + said + ", but repl@db:3306 is " + found)
                .hasMessageContaining("correct flavor in the source file, or leave it out");
    }

    @Test
    void theServersOwnFlavorAndNoneAreTaken() {
        assertThatCode(() -> {
                    SourceErrors.requireFlavor(source(Flavor.MYSQL), false);
                    SourceErrors.requireFlavor(source(Flavor.MARIADB), true);
                    SourceErrors.requireFlavor(source(Flavor.DETECT), false);
                    SourceErrors.requireFlavor(source(Flavor.DETECT), true);
                })
                .doesNotThrowAnyException();
    }

    private static SourceConfig source(Flavor flavor) {
        DatabaseConfig from = new DatabaseConfig("db", 3306, "repl", new Secret(""), Map.of(), null);
        return new SourceConfig("s1", flavor, 1, true, false, from);
    }
}
