package org.dure.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.dure.app.terminal.Output;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.AtomicFiles;
import org.dure.core.Settings;
import org.dure.federation.hub.Ledger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `dure replay`: does the log really add up to the weights?
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    description = {
      "Makes every merge of a study again and compares, bit for bit.",
      "",
      "Works offline on any machine from the ledger and the hub's received deltas (a copy of its"
          + " folder will do). The first round that comes out differently is named; the exit status"
          + " is 3 then."
    },
    footer = {
      "",
      "Example:",
      "  dure replay --ledger demo/hub/ledger --hub demo/hub",
      "  20 rounds of study demo made again from 80 contributions: the same weights, bit for bit"
    })
@SuppressWarnings("NullAway.Init")
final class ReplayCommand implements Callable<Integer> {
  @Option(
      names = "--ledger",
      required = true,
      paramLabel = "DIR",
      description = "The study's ledger, e.g. of a release.")
  private Path ledger;

  @Option(
      names = "--hub",
      required = true,
      paramLabel = "DIR",
      description = "The hub's folder, or a copy of it or of its received/.")
  private Path hub;

  @Spec private CommandSpec spec;

  /// What came out the same, bit for bit.
  ///
  /// @param rounds all merges, those that were taken back included
  /// @param takenBack how many of them count no more
  /// @param contributions that count
  record Result(String study, int rounds, int takenBack, int contributions) {}

  @Override
  public Integer call() throws IOException {
    WorkloadConfig workloadConfig = WorkloadConfig.of(Settings.of(ledger.resolve("study.toml")));
    Path scratch = Files.createTempDirectory("dure-replay-");
    try {
      Ledger.Verified verified =
          Ledger.recompute(ledger, hub, workloadConfig::initialWeights, scratch);
      Result result =
          new Result(
              verified.study().name(),
              verified.merges().made(),
              verified.merges().made() - verified.merges().counted(),
              verified.contributions().values().stream().mapToInt(Integer::intValue).sum());
      Output.of(spec)
          .result(
              result,
              ("%d rounds of study %s made again: the same weights, bit for bit, from %d contributions"
                      + " that count%s")
                  .formatted(
                      result.rounds(),
                      result.study(),
                      result.contributions(),
                      result.takenBack() == 0
                          ? ""
                          : "; %d of the rounds were taken back and count no more"
                              .formatted(result.takenBack())));
      return 0;
    } finally {
      AtomicFiles.delete(scratch);
    }
  }
}
