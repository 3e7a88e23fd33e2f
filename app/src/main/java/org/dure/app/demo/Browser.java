package org.dure.app.demo;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/// Opens the user's browser where there is a display to show it on.
final class Browser {
  private Browser() {}

  static void open(String address, DemoOptions options) {
    boolean mac = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac");
    boolean display =
        mac || System.getenv("DISPLAY") != null || System.getenv("WAYLAND_DISPLAY") != null;
    if (!options.openBrowser() || !display) {
      return;
    }
    try {
      Process unused =
          new ProcessBuilder(List.of(mac ? "open" : "xdg-open", address))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      // The address has been printed; a machine without a browser opener is no problem.
      return;
    }
  }
}
