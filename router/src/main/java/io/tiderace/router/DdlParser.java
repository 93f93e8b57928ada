package io.tiderace.router;

import io.debezium.ddl.parser.mysql.generated.MySqlLexer;
import io.debezium.ddl.parser.mysql.generated.MySqlParser;
import io.tiderace.router.SqlText.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.antlr.v4.runtime.BailErrorStrategy;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.atn.PredictionMode;
import org.antlr.v4.runtime.misc.ParseCancellationException;
import org.antlr.v4.runtime.tree.ParseTreeWalker;
import org.jspecify.annotations.Nullable;

/** Reads one statement with the MySQL grammar that Debezium brings and says where its names are. Pure and thread-safe. */
final class DdlParser {
    /** Statements that never concern a table or a whole schema of a replica (dm-compat 3.7, and what else a binlog may hold). */
    private static final Pattern SKIPPED = Pattern.compile("[\\s;]*(?:"
            + "(?:SAVEPOINT|ROLLBACK|RELEASE|BEGIN|COMMIT|START|END|XA|FLUSH|GRANT|REVOKE|SET|RESET|PURGE|CHANGE|STOP|ANALYZE"
            + "|OPTIMIZE|REPAIR|CHECK|CHECKSUM|CACHE|LOAD\\s+INDEX|LOCK|UNLOCK|INSTALL|UNINSTALL|KILL|SHOW|SELECT|USE|DO|BINLOG"
            + "|EXPLAIN|DESC|DESCRIBE|HELP|SHUTDOWN|RESTART|CLONE|SIGNAL|PREPARE|EXECUTE|DEALLOCATE)\\b"
            + "|(?:CREATE|DROP)(?:\\s+OR\\s+REPLACE)?\\s+TEMPORARY\\b"
            + "|(?:CREATE|ALTER|DROP|RENAME)(?:\\s+(?:OR\\s+REPLACE|AGGREGATE|UNDO|ALGORITHM\\s*=\\s*\\w+|SQL\\s+SECURITY\\s+\\w+"
            + "|DEFINER\\s*=\\s*[^\\s@]+(?:\\s*@\\s*\\S+)?))*"
            + "\\s+(?:VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT|TABLESPACE|LOGFILE|USER|ROLE|SERVER|RESOURCE\\s+GROUP|INSTANCE"
            + "|SPATIAL\\s+REFERENCE|PACKAGE|LIBRARY)\\b"
            + "|[\\s;]*\\z)");

    /** MySQL takes TABLES for TABLE here, the grammar does not. */
    private static final Pattern PLURAL = Pattern.compile("[\\s;]*(?:DROP|RENAME)\\s+TABLE(S)\\s");

    /** How the server logs CREATE TABLE … SELECT: rows follow in the same transaction. The grammar takes it for a second statement. */
    private static final Pattern START_TRANSACTION =
            Pattern.compile("[\\s;]*CREATE\\s+TABLE\\b.*?(\\s*\\bSTART\\s+TRANSACTION)\\s*;?\\s*", Pattern.DOTALL);

    /** Whether a statement is of a kind that no task replicates; nothing of it is parsed. */
    boolean isSkipped(SqlText text) {
        return SKIPPED.matcher(text.masked()).lookingAt();
    }

    /** What the statement does to which names; empty when the grammar does not know it. */
    Optional<ParsedDdl> parse(SqlText text) {
        StringBuilder masked = new StringBuilder(text.masked());
        Matcher plural = PLURAL.matcher(masked);
        if (plural.lookingAt()) {
            masked.setCharAt(plural.start(1), ' ');
        }
        List<Span> cut = new ArrayList<>();
        Matcher start = START_TRANSACTION.matcher(masked);
        if (start.matches()) {
            cut.add(new Span(start.start(1), start.end(1)));
            masked.replace(start.start(1), start.end(1), " ".repeat(start.end(1) - start.start(1)));
        }
        MySqlParser.RootContext root = oneStatement(masked.toString());
        if (root == null) {
            root = oneStatement(GrammarGap.closeAll(masked.toString()));
        }
        if (root == null) {
            return Optional.empty();
        }
        DdlNames names = new DdlNames(text, cut);
        ParseTreeWalker.DEFAULT.walk(names, root);
        return Optional.of(names.parsed());
    }

    private static MySqlParser.@Nullable RootContext oneStatement(String sql) {
        MySqlParser.RootContext root = parse(sql, PredictionMode.SLL);
        if (root == null) { // SLL is much faster and may refuse what LL takes, never the reverse
            root = parse(sql, PredictionMode.LL);
        }
        boolean one = root != null
                && root.sqlStatements() != null
                && root.sqlStatements().sqlStatement().size() == 1;
        return one ? root : null;
    }

    private static MySqlParser.@Nullable RootContext parse(String sql, PredictionMode mode) {
        MySqlLexer lexer = new MySqlLexer(CharStreams.fromString(sql));
        lexer.removeErrorListeners();
        lexer.addErrorListener(new Refusal());
        MySqlParser parser = new MySqlParser(new CommonTokenStream(lexer));
        parser.removeErrorListeners();
        parser.setErrorHandler(new BailErrorStrategy());
        parser.getInterpreter().setPredictionMode(mode);
        try {
            return parser.root();
        } catch (ParseCancellationException e) {
            return null;
        }
    }

    /** The lexer would skip a character it does not know; a statement read in part is a guess. */
    private static final class Refusal extends BaseErrorListener {
        @Override
        public void syntaxError(
                @Nullable Recognizer<?, ?> recognizer,
                @Nullable Object symbol,
                int line,
                int column,
                @Nullable String message,
                @Nullable RecognitionException cause) {
            throw new ParseCancellationException(message);
        }
    }
}
