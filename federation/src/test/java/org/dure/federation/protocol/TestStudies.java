package org.dure.federation.protocol;

import java.util.ArrayList;
import java.util.List;
import org.dure.core.Settings;

/// Small studies for tests.
public final class TestStudies {
  private TestStudies() {}

  /// Three rounds; fragments of 64 bytes; all regions are the quorum; the same delta may come
  /// again, where it is seen.
  public static Study of(String... regions) {
    return with("", regions);
  }

  /// @param more lines of TOML that come first
  public static Study with(String more, String... regions) {
    StringBuilder toml = new StringBuilder();
    toml.append("name = \"test\"\n");
    for (String key :
        List.of("rounds = 3", "fragment-bytes = 64", "steps = 5", "merge.repeat-bound = 2")) {
      boolean unseen = key.startsWith("merge.") && more.contains("aggregation = \"secret\"");
      if (!unseen && !more.contains(key.substring(0, key.indexOf(' ') + 2))) {
        toml.append(key).append('\n');
      }
    }
    toml.append(more).append('\n');
    for (String region : regions) {
      toml.append("regions.%s.language = \"%s\"\n".formatted(region, region));
    }
    return Study.of(Settings.parse("test study", toml.toString()), settings -> {});
  }

  /// With circles.
  ///
  /// @param more lines of TOML, `circles` among them
  /// @param named regions with their kinds of text, e.g. `ko-1:law`
  public static Study circled(String more, String... named) {
    StringBuilder kinds = new StringBuilder(more).append('\n');
    List<String> regions = new ArrayList<>();
    for (String one : named) {
      String[] parts = one.split(":", -1);
      regions.add(parts[0]);
      kinds.append("regions.%s.kind = \"%s\"\n".formatted(parts[0], parts[1]));
    }
    return with(kinds.toString(), regions.toArray(String[]::new));
  }
}
