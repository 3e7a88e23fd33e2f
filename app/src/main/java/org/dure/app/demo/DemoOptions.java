package org.dure.app.demo;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the user asked of the demo.
///
/// @param home keeps everything
/// @param cache of downloaded packages
/// @param languages the regions, by code
/// @param text folders of own text by language; the others get the sample
/// @param minutes training budget, where `steps` is not given
/// @param steps local steps of every region, or null
/// @param sharing `body` or `all`
/// @param exit end once the releases are verified and have answered
/// @param openBrowser whether one may be opened
/// @param servePort of the OpenAI-compatible API
/// @param consolePort of the console
/// @param hubPort of the belt
public record DemoOptions(
    Path home,
    Path cache,
    List<String> languages,
    Map<String, Path> text,
    double minutes,
    @Nullable Integer steps,
    long seed,
    String sharing,
    boolean exit,
    boolean openBrowser,
    int servePort,
    int consolePort,
    int hubPort) {
  public DemoOptions {
    languages = List.copyOf(languages);
    text = Map.copyOf(text);
  }

  boolean sharesAll() {
    return sharing.equals("all");
  }
}
