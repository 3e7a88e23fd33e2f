package org.dure.app;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.dure.app.process.Jdk;
import org.dure.app.process.SupervisedProcess;
import org.dure.app.terminal.HelpFooter;
import org.dure.app.terminal.LanguageNames;
import org.dure.app.terminal.Output;
import org.dure.app.terminal.OutputOptions;
import org.dure.app.terminal.WrongUsage;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Printable;
import org.dure.core.Version;
import org.dure.core.runtime.Failures;
import org.dure.core.runtime.MemoryExhaustion;
import org.dure.core.runtime.Progress;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/// The `dure` command.
@Command(
    name = "dure",
    mixinStandardHelpOptions = true,
    versionProvider = Dure.Versions.class,
    description =
        "Institutions in different countries train models of their own languages together, from"
            + " scratch, without handing over their data.",
    footer = {
      "",
      "The whole path on this machine, in about ten minutes:  ./dure demo",
      "Exit status: 0 done, 1 internal, 2 input or configuration, 3 refused, 4 a peer, 5 a"
          + " resource.",
      "",
      "Environment (all of it: docs/operating.md):",
      "  DURE_HEAP=SIZE        Java's heap, e.g. 2g (default: 1g, of a hub 96m)",
      "  DURE_MEMORY=MB        what one of several regions on this machine may use",
      "  DURE_JAVA_OPTIONS=... more options of Java",
      "  DURE_NO_BUILD=1       runs what is built, even if the sources have changed"
    })
public final class Dure implements Runnable {
  private static final List<Class<?>> VERBS =
      List.of(
          DemoCommand.class,
          SampleCommand.class,
          ProfileCommand.class,
          CorpusCommand.class,
          TokenizerCommand.class,
          TrainCommand.class,
          HubCommand.class,
          RegionCommand.class,
          NodeCommand.class,
          EvalCommand.class,
          ReleaseCommand.class,
          AuditCommand.class,
          VerifyCommand.class,
          ReplayCommand.class,
          ServeCommand.class,
          GenerateCommand.class,
          StatusCommand.class,
          LabCommand.class,
          DoctorCommand.class,
          CompletionCommand.class,
          ManCommand.class,
          WarmUpCommand.class,
          CommandLine.HelpCommand.class);

  /// Verbs that are about the others.
  private static final Set<Class<?>> ABOUT_VERBS =
      Set.of(CompletionCommand.class, ManCommand.class, CommandLine.HelpCommand.class);

  @Mixin
  @SuppressWarnings("UnusedVariable")
  private final OutputOptions output = new OutputOptions();

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  public static void main(String[] arguments) {
    // Files, addresses and names of tensors hold digits: those of every locale are the same.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    MemoryExhaustion.endsThisProcess();
    SupervisedProcess.endWithParent();
    CommandLine commandLine = commandLine(arguments);
    try {
      Jdk.check();
      readable(arguments);
    } catch (DureException e) {
      commandLine.getErr().println(e.report());
      System.exit(e.code().type().exitStatus());
    }
    try {
      System.exit(commandLine.execute(arguments));
    } catch (Error e) {
      // Threads of libraries would keep the process open.
      MemoryExhaustion.endIf(e);
      e.printStackTrace();
      System.exit(ErrorCode.INTERNAL.type().exitStatus());
    }
  }

  /// Java puts U+FFFD in the place of bytes that are no UTF-8; what they were is lost.
  private static void readable(String... arguments) {
    for (String argument : arguments) {
      if (argument.indexOf('\uFFFD') >= 0) {
        throw new DureException(
            ErrorCode.USAGE,
            "\"%s\": an argument is not UTF-8: is this terminal set to another encoding?"
                .formatted(argument));
      }
    }
  }

  /// Runs one command in this process.
  ///
  /// @return its exit status
  static int execute(String... arguments) {
    return commandLine(arguments).execute(arguments);
  }

  /// The command line with its error handling, for these arguments.
  static CommandLine commandLine(String... arguments) {
    CommandLine commandLine = new CommandLine(new Dure());
    verbs(arguments).forEach(commandLine::addSubcommand);
    commandLine.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
    commandLine.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setUsageHelpLongOptionsMaxWidth(28);
    HelpFooter.on(commandLine);
    commandLine.setParameterExceptionHandler(Dure::onWrongUsage);
    commandLine.setExecutionExceptionHandler((e, line, parsed) -> onFailure(e, line));
    commandLine.setExecutionStrategy(Dure::onRead);
    return commandLine;
  }

  /// Those that these arguments may need: where the first names a verb, that one, but for help,
  /// which may be asked for any. All of them take a tenth of a second to read, which a hub that
  /// regions wait for does not have.
  private static List<Class<?>> verbs(String... arguments) {
    String first = arguments.length == 0 ? "" : arguments[0];
    Optional<Class<?>> asked =
        VERBS.stream()
            .filter(verb -> !ABOUT_VERBS.contains(verb))
            .filter(verb -> verb.getAnnotation(Command.class).name().equals(first))
            .findFirst();
    return asked.<List<Class<?>>>map(List::of).orElse(VERBS);
  }

  private static int onRead(ParseResult parsed) {
    CommandSpec spec = parsed.commandSpec();
    if (Output.options(spec).quiet()) {
      Progress.silence();
    }
    Output output = Output.of(spec);
    LanguageNames.remarks(parsed).forEach(output::note);
    return new CommandLine.RunLast().execute(parsed);
  }

  private static int onWrongUsage(ParameterException e, String[] arguments) {
    CommandLine line = e.getCommandLine();
    List<String> problems = WrongUsage.problems(e, commandLine(arguments), arguments);
    boolean json = List.of(arguments).contains("--json");
    DureException usage = new DureException(ErrorCode.USAGE, problems.getFirst());
    Output.failure(line.getOut(), line.getErr(), json, usage);
    problems.stream()
        .skip(1)
        .forEach(problem -> line.getErr().printf("  %s%n", Printable.lines(problem)));
    line.getErr().printf("  Try: %s --help%n", line.getCommandSpec().qualifiedName());
    line.getErr().flush();
    return ErrorCode.Type.USER.exitStatus();
  }

  private static int onFailure(Exception e, CommandLine line) {
    DureException known = Failures.of(e);
    boolean json = Output.options(line.getCommandSpec()).json();
    Output.failure(line.getOut(), line.getErr(), json, known);
    if (known.code() == ErrorCode.INTERNAL) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      line.getErr().print(Printable.lines(trace.toString()));
      line.getErr().flush();
    }
    return known.code().type().exitStatus();
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing");
  }

  /// Prints the version of Dure and of the Java that runs it.
  static final class Versions implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "dure " + Version.TEXT, "Java " + System.getProperty("java.vm.version", "unknown")
      };
    }
  }
}
