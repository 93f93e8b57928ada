package io.tiderace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Writes the manual pages and the completion script of the package from the commands themselves; the build runs it. */
final class Manual {
    private Manual() {}

    public static void main(String[] args) throws IOException {
        CommandLine commandLine = Tiderace.commandLine();
        Path folder = Path.of(args[0]);
        Path man = Files.createDirectories(folder.resolve("man/man1"));
        Path completion = Files.createDirectories(folder.resolve("completion"));
        Files.writeString(completion.resolve("tiderace"), AutoComplete.bash("tiderace", commandLine));
        Files.writeString(man.resolve("tiderace.1"), page(commandLine.getCommandSpec()));
        for (CommandLine subcommand : commandLine.getSubcommands().values()) {
            CommandSpec spec = subcommand.getCommandSpec();
            Files.writeString(man.resolve("tiderace-" + spec.name() + ".1"), page(spec));
        }
    }

    /** One page in the man macros of troff (man(7)). */
    static String page(CommandSpec spec) {
        UsageMessageSpec usage = spec.usageMessage();
        String name = spec.qualifiedName("-");
        StringBuilder page = new StringBuilder();
        page.append(".TH ").append(name.toUpperCase(Locale.ROOT)).append(" 1 \"\" \"tiderace\" \"Tiderace\"\n");
        page.append(".SH NAME\n")
                .append(name)
                .append(" \\- ")
                .append(text(usage.description()))
                .append('\n');
        page.append(".SH SYNOPSIS\n.nf\n");
        page.append(escape(new CommandLine.Help(spec, CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                .synopsis(0)));
        page.append(".fi\n");
        page.append(".SH OPTIONS\n");
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            entry(page, parameter.paramLabel(), parameter);
        }
        for (OptionSpec option : spec.options()) {
            String label = String.join(", ", option.names());
            entry(page, option.arity().max() == 0 ? label : label + " " + option.paramLabel(), option);
        }
        if (!spec.subcommands().isEmpty()) {
            page.append(".SH COMMANDS\n");
            for (Map.Entry<String, CommandLine> command : spec.subcommands().entrySet()) {
                item(
                        page,
                        command.getKey(),
                        text(command.getValue().getCommandSpec().usageMessage().description()));
            }
        }
        if (!usage.exitCodeList().isEmpty()) {
            page.append(".SH EXIT STATUS\n");
            usage.exitCodeList().forEach((code, meaning) -> item(page, code, escape(meaning)));
        }
        if (usage.footer().length > 0) {
            page.append(".SH EXAMPLES\n.nf\n")
                    .append(escape(String.join("\n", usage.footer()).strip()))
                    .append("\n.fi\n");
        }
        return page.toString();
    }

    private static void entry(StringBuilder page, String label, ArgSpec argument) {
        if (!argument.hidden()) {
            String description = String.join(" ", argument.description());
            item(
                    page,
                    escape(label),
                    escape(description.replace("${DEFAULT-VALUE}", String.valueOf(argument.defaultValue()))));
        }
    }

    private static void item(StringBuilder page, String label, String description) {
        page.append(".TP\n.B ").append(label).append('\n').append(description).append('\n');
    }

    private static String text(String[] lines) {
        return escape(String.join(" ", lines));
    }

    private static String escape(String text) {
        return text.replace("\\", "\\e").replace("-", "\\-").replaceAll("(?m)^([.'])", "\\\\&$1");
    }
}
