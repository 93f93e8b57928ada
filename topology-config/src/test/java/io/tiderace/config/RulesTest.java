package io.tiderace.config;

import io.tiderace.config.BlockAllowList.Patterns;
import io.tiderace.config.Routes.Route;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.ConfigException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: tables are selected and renamed as DM does it. Method: the worked examples of DM's rules, table by table. */
class RulesTest {
    private static final Patterns SHOPS = new Patterns(
            List.of("~^shop_\\d+$", "audit"),
            List.of(),
            List.of(new TableName("audit", "log_*"), new TableName("~^shop", "orders")),
            List.of());

    private static final Route ORDERS = new Route("r1", "shop_*", "orders_*", "shop", "orders");
    private static final Route SHOP = new Route("r2", "shop_*", "", "shop", "");
    private static final Route OTHER_ORDERS = new Route("r3", "shop_1", "orders_*", "x", "orders");

    @ParameterizedTest
    @CsvSource({
        "shop_1, orders, true, true",
        "shop_1, items, false, false",
        "audit, log_2024, true, true",
        "audit, log_, true, true",
        "audit, blog_x, false, false",
        "Shop_1, orders, true, false",
        "SHOP_1, ORDERS, true, false",
        "shop_x, orders, false, false",
        "mysql, user, false, false",
        "MySQL, user, false, false",
        "information_schema, tables, false, false",
        "dm_heartbeat, heartbeat, false, false"
    })
    void blockAllowList(String schema, String table, boolean folded, boolean caseSensitive) {
        TableName name = new TableName(schema, table);
        assertThat(BlockAllowList.compile(SHOPS, false).accepts(name)).isEqualTo(folded);
        assertThat(BlockAllowList.compile(SHOPS, true).accepts(name)).isEqualTo(caseSensitive);
    }

    @Test
    void statementsWithoutATablePassTheSchemaStepOnly() {
        BlockAllowList shops = BlockAllowList.compile(SHOPS, false);
        assertThat(shops.acceptsSchema("shop_2")).isTrue();
        assertThat(shops.acceptsSchema("zzz")).isFalse();
        BlockAllowList tablesOnly = BlockAllowList.compile(
                new Patterns(List.of(), List.of(), List.of(new TableName("a", "b")), List.of()), false);
        assertThat(tablesOnly.acceptsSchema("zzz")).isTrue();
        assertThat(tablesOnly.acceptsSchema("sys")).isFalse();
        assertThat(tablesOnly.accepts(new TableName("zzz", "b"))).isFalse();
    }

    @Test
    void doListsGoBeforeIgnoreLists() {
        BlockAllowList list = BlockAllowList.compile(
                new Patterns(
                        List.of("a*"),
                        List.of("ab"),
                        List.of(new TableName("a*", "kept*")),
                        List.of(new TableName("*", "kept_not"))),
                false);
        assertThat(list.acceptsSchema("ab")).as("ignore-dbs are not looked at").isTrue();
        assertThat(list.accepts(new TableName("ab", "kept_not")))
                .as("do-tables win")
                .isTrue();
        BlockAllowList ignoring = BlockAllowList.compile(
                new Patterns(List.of(), List.of("x?"), List.of(), List.of(new TableName("~^y$", "[!a-c]*"))), false);
        assertThat(ignoring.acceptsSchema("x1")).isFalse();
        assertThat(ignoring.acceptsSchema("x")).isTrue();
        assertThat(ignoring.accepts(new TableName("y", "dog"))).isFalse();
        assertThat(ignoring.accepts(new TableName("y", "cat"))).isTrue();
        assertThat(ignoring.accepts(new TableName("yy", "dog"))).isTrue();
    }

    @Test
    void patternsOfAPairBelongTogether() {
        BlockAllowList list = BlockAllowList.compile(
                new Patterns(
                        List.of(),
                        List.of(),
                        List.of(new TableName("~^a$", "x*"), new TableName("~^b$", "y*")),
                        List.of()),
                false);
        assertThat(list.accepts(new TableName("a", "x1"))).isTrue();
        assertThat(list.accepts(new TableName("b", "x1")))
                .as("DM mixes the pairs up here")
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "shop_1, orders_9, shop.orders",
        "SHOP_1, Orders_9, shop.orders",
        "shop_1, items, shop.items",
        "shop_1, Items, shop.Items",
        "other, t, other.t",
        "Other, T, Other.T"
    })
    void routes(String schema, String table, String target) {
        Routes routes = Routes.compile(List.of(ORDERS, SHOP), false);
        assertThat(routes.route(new TableName(schema, table))).hasToString(target);
    }

    @Test
    void databasesFollowSchemaLevelRoutesOnly() {
        assertThat(Routes.compile(List.of(ORDERS, SHOP), false).routeSchema("shop_1"))
                .isEqualTo("shop");
        assertThat(Routes.compile(List.of(ORDERS), false).routeSchema("shop_1")).isEqualTo("shop_1");
        Routes carryingATable = Routes.compile(List.of(new Route("r", "a*", "", "b", "all")), false);
        assertThat(carryingATable.route(new TableName("a1", "t"))).hasToString("b.all");
        assertThat(carryingATable.routeSchema("a1")).isEqualTo("b");
    }

    @Test
    void ambiguousRoutesAreRefusedAtStart() {
        assertThatThrownBy(() -> Routes.compile(List.of(ORDERS, SHOP, OTHER_ORDERS), false))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("TR-T003")
                .hasMessageContaining(
                        "\"shop_1.orders_\" fits more than one route: \"r1\" to `shop`.`orders`, \"r3\" to `x`.`orders`");
        assertThatThrownBy(() -> Routes.compile(List.of(SHOP, new Route("r4", "~^shop_1$", "", "y", "")), false)
                        .routeSchema("shop_1"))
                .as("what regular expressions match is known for real names only")
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("TR-T003");
    }

    @Test
    void routesThatAgreeAreNotAmbiguous() {
        Routes routes =
                Routes.compile(List.of(ORDERS, new Route("again", "shop_1", "orders_*", "shop", "orders")), false);
        assertThat(routes.route(new TableName("shop_1", "orders_1"))).hasToString("shop.orders");
    }

    @Test
    void realTablesAreChecked() {
        Routes routes = Routes.compile(
                List.of(new Route("r1", "~^a", "", "x", ""), new Route("r2", "~b$", "", "y", "")), false);
        assertThat(routes.check(List.of(new TableName("a", "t"), new TableName("b", "T"), new TableName("ab", "t"))))
                .containsExactly("\"ab.t\" fits more than one route: \"r1\" to `x`.*, \"r2\" to `y`.*");
        assertThat(Routes.none().check(List.of(new TableName("a", "t"), new TableName("a", "T"))))
                .containsExactly("the target tables [a.T, a.t] differ only in case");
    }
}
