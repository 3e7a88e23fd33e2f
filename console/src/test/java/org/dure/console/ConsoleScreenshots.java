package org.dure.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Takes pictures of a console that runs, for looking at them.
///
/// Arguments: the folder for the pictures, then one `NAME=ADDRESS,WIDTH,SCHEME` for each picture.
final class ConsoleScreenshots {
  private ConsoleScreenshots() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path folder = Files.createDirectories(Path.of(arguments[0]));
    try (ConsoleBrowser browser = ConsoleBrowser.start()) {
      for (int i = 1; i < arguments.length; i++) {
        int equals = arguments[i].indexOf('=');
        String[] parts = arguments[i].substring(equals + 1).split(",");
        browser.colours(parts[2]);
        browser.width(Integer.parseInt(parts[1]), 900);
        browser.go(parts[0]);
        Thread.sleep(300);
        browser.screenshot(folder.resolve(arguments[i].substring(0, equals) + ".png"));
      }
      browser.complaints().forEach(System.out::println);
    }
  }
}
