package io.tiderace.cli;

import io.tiderace.schemas.TideraceException;
import java.io.PrintWriter;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The {@code tiderace} command. */
@Command(
        name = "tiderace",
        description = "Moves MySQL and MariaDB into TiDB through Kafka, and keeps them in step.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            RunCommand.class,
            DemoCommand.class,
            CheckCommand.class,
            StatusCommand.class,
            CompareCommand.class,
            TailCommand.class,
            CaptureCommand.class,
            RouterCommand.class,
            ApplierCommand.class,
            QuarantineCommand.class,
            RebuildSchemaCommand.class,
            VersionCommand.class,
            CompletionCommand.class,
            HelpCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "2:the configuration or the command line is wrong; nothing was started",
            "3:source or target refuses",
            "4:retries used up: a server did not answer for too long",
            "5:data error: a change cannot be carried, or tables differ (compare)",
            "70:a bug in Tiderace"
        },
        footer = {
            "",
            "Begin with:  tiderace demo",
            "Then:        tiderace check --source s.yaml --task t.yaml",
            "             tiderace run --source s.yaml --task t.yaml"
        })
public final class Tiderace implements Runnable {
    static final int BUG = 70;

    @Spec
    private CommandSpec spec;

    private Tiderace() {}

    public static void main(String[] args) {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        System.exit(commandLine().execute(args));
    }

    /** The whole command tree; output goes to the given writers of the {@link CommandLine}, or to the process's streams. */
    public static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Tiderace());
        commandLine.setExecutionExceptionHandler(Tiderace::failed);
        commandLine.setParameterExceptionHandler(Tiderace::misused);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setUsageHelpAutoWidth(true);
        commandLine.setUsageHelpLongOptionsMaxWidth(30);
        return commandLine;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command was given");
    }

    private static int failed(Exception failure, CommandLine commandLine, ParseResult parsed) {
        PrintWriter err = commandLine.getErr();
        if (failure instanceof TideraceException known) {
            err.println("error " + known.getMessage());
            err.flush();
            return known.exitCode();
        }
        if (failure instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        err.println("This is a bug in Tiderace " + Version.text()
                + ". Nothing that was reported as done is lost: start again to go on.");
        err.println("Please report it with what follows: https://github.com/tiderace/tiderace/issues");
        failure.printStackTrace(err);
        err.flush();
        return BUG;
    }

    private static int misused(ParameterException misuse, String[] args) {
        CommandLine commandLine = misuse.getCommandLine();
        PrintWriter err = commandLine.getErr();
        err.println("error TR-L001: " + misuse.getMessage());
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(misuse, err)) {
            err.println("  fix: see '" + commandLine.getCommandSpec().qualifiedName() + " --help'");
        }
        err.flush();
        return commandLine.getCommandSpec().exitCodeOnInvalidInput();
    }
}
