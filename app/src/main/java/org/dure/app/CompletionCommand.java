package org.dure.app;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import org.dure.app.terminal.Output;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `dure completion`: what a shell needs to complete verbs, options and words.
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = {
      "Prints what completes the command in your shell.",
      "",
      "One script serves both: zsh reads completions of bash. Put the line of the example into"
          + " ~/.bashrc or ~/.zshrc."
    },
    footer = {"", "Example:", "  source <(dure completion bash)"})
@SuppressWarnings("NullAway.Init")
final class CompletionCommand implements Callable<Integer> {
  /// Shells for which there is a completion.
  enum Shell {
    BASH,
    ZSH
  }

  @Parameters(
      index = "0",
      paramLabel = "SHELL",
      description = "${COMPLETION-CANDIDATES}.",
      completionCandidates = Shells.class)
  private Shell shell;

  @Spec private CommandSpec spec;

  /// @param shell it was made for
  record Result(Shell shell, String script) {}

  @Override
  public Integer call() {
    String script = AutoComplete.bash("dure", spec.root().commandLine());
    Output.of(spec).result(new Result(shell, script), script);
    return 0;
  }

  /// In small letters, as people type them.
  static final class Shells implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return List.of("bash", "zsh").iterator();
    }
  }
}
