package org.dure.app.options;

import org.dure.app.workload.Effort;
import picocli.CommandLine.Option;

/// With what effort a region works here: options of every command that runs one.
public final class EffortOptions {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of libtorch (default: OMP_NUM_THREADS, or the cores).")
  private int threads;

  @Option(
      names = "--pace",
      paramLabel = "FACTOR",
      description = "Of a rehearsal: how many times longer a local step takes here (default: 1).")
  private double pace = 1;

  /// As many as were asked for, or as the environment says, or the cores.
  private int threads() {
    if (threads > 0) {
      return threads;
    }
    String given = System.getenv("OMP_NUM_THREADS");
    return given != null && given.matches("[1-9][0-9]{0,3}")
        ? Integer.parseInt(given)
        : Runtime.getRuntime().availableProcessors();
  }

  public Effort effort() {
    return new Effort(threads(), pace);
  }
}
