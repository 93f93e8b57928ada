package io.tiderace.tests;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/** The lines between the modules: who may import what. A line is moved here only after thinking about the design. */
class ArchitectureTest {
    private static final String SCHEMAS = "io.tiderace.schemas..";
    private static final String CONFIG = "io.tiderace.config..";
    private static final String CAPTURE = "io.tiderace.capture..";
    private static final String ROUTER = "io.tiderace.router..";
    private static final String APPLIER = "io.tiderace.applier..";
    private static final String CLI = "io.tiderace.cli..";

    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar") && !location.contains("/io/tiderace/tests/"))
            .importPackages("io.tiderace");

    @Test
    void everyModuleIsLookedAt() {
        for (String module : new String[] {SCHEMAS, CONFIG, CAPTURE, ROUTER, APPLIER, CLI}) {
            classes()
                    .that()
                    .resideInAPackage(module)
                    .should()
                    .resideInAPackage(module)
                    .check(PRODUCT);
        }
    }

    @Test
    void modulesDependDownwardsOnly() {
        noClasses()
                .that()
                .resideInAPackage(SCHEMAS)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(CONFIG, CAPTURE, ROUTER, APPLIER, CLI)
                .check(PRODUCT);
        noClasses()
                .that()
                .resideInAPackage(CONFIG)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(CAPTURE, ROUTER, APPLIER, CLI)
                .check(PRODUCT);
    }

    @Test
    void theThreeStagesDoNotKnowEachOther() {
        String[] stages = {CAPTURE, ROUTER, APPLIER};
        for (String stage : stages) {
            for (String other : stages) {
                if (!other.equals(stage)) {
                    noClasses()
                            .that()
                            .resideInAPackage(stage)
                            .should()
                            .dependOnClassesThat()
                            .resideInAnyPackage(other, CLI)
                            .check(PRODUCT);
                }
            }
        }
    }

    @Test
    void onlyCaptureKnowsDebezium() {
        noClasses()
                .that()
                .resideOutsideOfPackages(CAPTURE, ROUTER)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.debezium..", "org.apache.kafka.connect..", "com.github.shyiko..")
                .check(PRODUCT);
        noClasses()
                .that()
                .resideInAPackage(ROUTER)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.debezium.connector..",
                        "io.debezium.engine..",
                        "io.debezium.embedded..",
                        "io.debezium.pipeline..",
                        "io.debezium.relational..",
                        "org.apache.kafka.connect..",
                        "com.github.shyiko..")
                .because("the router uses Debezium's DDL grammar and nothing else of it")
                .check(PRODUCT);
    }

    @Test
    void onlyTheRouterKnowsKafkaStreams() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROUTER)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.kafka.streams..")
                .check(PRODUCT);
    }

    @Test
    void onlySchemasKnowsAvro() {
        noClasses()
                .that()
                .resideOutsideOfPackage(SCHEMAS)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.avro..")
                .check(PRODUCT);
    }

    @Test
    void sqlIsSpokenByTheApplierTheCopyAndTheCommandsThatLookAtBothSides() {
        noClasses()
                .that()
                .resideOutsideOfPackages(CAPTURE, APPLIER)
                .and()
                .haveNameNotMatching("io\\.tiderace\\.cli\\.(Database|ServerRefusal)(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "com.mysql..", "com.zaxxer..")
                .check(PRODUCT);
    }

    @Test
    void onlyTheEmbeddedNodeKnowsTheBroker() {
        noClasses()
                .that()
                .haveNameNotMatching("io\\.tiderace\\.cli\\.EmbeddedKafka(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("kafka..", "org.apache.kafka.server..", "org.apache.kafka.metadata..", "scala..")
                .check(PRODUCT);
    }

    @Test
    void noPackageOrClassIsNamedForNothing() {
        noClasses()
                .should()
                .resideInAnyPackage("..util..", "..utils..", "..common..", "..impl..", "..manager..", "..helper..")
                .check(PRODUCT);
        noClasses()
                .should()
                .haveNameMatching(".*(Util|Utils|Helper|Helpers|Manager|Impl|Common)(\\$.*)?")
                .check(PRODUCT);
    }

    @Test
    void nothingIsDoneByReflection() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.reflect..")
                .check(PRODUCT);
    }
}
