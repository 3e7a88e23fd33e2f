package org.dure.app.options;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dure.core.Settings;
import picocli.CommandLine.Option;

/// Settings of a study's file that the command line replaces, at the hub.
public final class Overrides {
  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides one setting of the study, e.g. --set rounds=30.")
  private List<String> values = new ArrayList<>();

  public Settings of(Path study) {
    Settings settings = Settings.of(study);
    values.forEach(settings::set);
    return settings;
  }
}
