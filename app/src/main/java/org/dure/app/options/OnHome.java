package org.dure.app.options;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.dure.app.home.RegionHome;
import org.dure.app.home.RegionLayout;
import org.dure.app.terminal.Output;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.Settings;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// What every verb on a region's home needs.
@SuppressWarnings("NullAway.Init")
public abstract class OnHome implements Callable<Integer> {
  @Option(
      names = "--home",
      required = true,
      paramLabel = "DIR",
      description = "The region's own folder.")
  protected Path home;

  @Spec protected CommandSpec spec;

  protected RegionLayout folder() {
    return RegionLayout.of(home, spec.name());
  }

  protected Output output() {
    return Output.of(spec);
  }

  protected WorkloadConfig workloadConfig() {
    RegionHome unused = RegionHome.read(folder());
    return WorkloadConfig.of(Settings.of(RegionHome.study(folder())));
  }
}
