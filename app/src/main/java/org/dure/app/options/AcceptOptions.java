package org.dure.app.options;

import org.dure.app.consent.ConsentDesk;
import org.dure.app.home.RegionLayout;
import org.dure.app.terminal.Output;
import org.dure.app.workload.WorkloadConfig;
import org.dure.federation.protocol.Study;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How automation accepts what a study takes out; a person is asked.
public final class AcceptOptions {
  @Option(
      names = "--accept",
      paramLabel = "DIGEST",
      description = "Accepts the terms of this digest, as region terms or node terms shows it.")
  private @Nullable String accept;

  /// Goes on if what the study takes out was accepted, or is now.
  public void require(
      RegionLayout home, WorkloadConfig workloadConfig, Study.Region member, Output output) {
    new ConsentDesk(home, workloadConfig, member, output).require(accept);
  }

  /// Accepts, where a digest was given, also what was accepted before.
  public void again(ConsentDesk desk) {
    if (accept != null) {
      desk.again(accept);
    }
  }
}
