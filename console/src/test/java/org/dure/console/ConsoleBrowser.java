package org.dure.console;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.dure.core.AtomicFiles;
import org.dure.core.Json;
import org.jspecify.annotations.Nullable;

/// A real chromium, driven over the [WebDriver](https://www.w3.org/TR/webdriver2/) protocol that
/// Debian's `chromedriver` speaks: plain HTTP and JSON. Each one has a fresh profile of its own.
/// Not thread-safe.
final class ConsoleBrowser implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final List<String> ARGUMENTS =
      List.of(
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--disable-dev-shm-usage",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--hide-scrollbars");

  private final Process driver;
  private final Path profile;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final String driverAddress;
  private @Nullable String session;

  private ConsoleBrowser(Process driver, Path profile, int port) {
    this.driver = driver;
    this.profile = profile;
    this.driverAddress = "http://127.0.0.1:" + port;
  }

  /// The chromedriver on the path, if both it and chromium are installed.
  static Optional<Path> installed() {
    return program("chromium").flatMap(browser -> program("chromedriver"));
  }

  private static Optional<Path> program(String name) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static ConsoleBrowser start() throws IOException, InterruptedException {
    Path chromedriver = installed().orElseThrow();
    Path profile = Files.createTempDirectory("dure-browser");
    int port = freePort();
    Process driver =
        new ProcessBuilder(chromedriver.toString(), "--port=" + port)
            .redirectErrorStream(true)
            .redirectOutput(profile.resolve("chromedriver.log").toFile())
            .start();
    ConsoleBrowser browser = new ConsoleBrowser(driver, profile, port);
    try {
      browser.open();
      return browser;
    } catch (IOException | InterruptedException | RuntimeException e) {
      browser.close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void open() throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!ready()) {
      if (System.nanoTime() > end || !driver.isAlive()) {
        throw new IOException("chromedriver does not start");
      }
      Thread.sleep(50);
    }
    List<String> arguments = new ArrayList<>(ARGUMENTS);
    arguments.add("--user-data-dir=" + profile.resolve("profile"));
    Map<String, Object> capabilities =
        Map.of(
            "browserName",
            "chrome",
            "goog:loggingPrefs",
            Map.of("browser", "ALL"),
            "goog:chromeOptions",
            Map.of("binary", program("chromium").orElseThrow().toString(), "args", arguments));
    Object opened =
        send("POST", "/session", Map.of("capabilities", Map.of("alwaysMatch", capabilities)));
    session = (String) ((Map<?, ?>) opened).get("sessionId");
  }

  private boolean ready() throws InterruptedException {
    try {
      return send("GET", "/status", null) instanceof Map<?, ?> status
          && Boolean.TRUE.equals(status.get("ready"));
    } catch (IOException e) {
      return false;
    }
  }

  void go(String address) throws IOException, InterruptedException {
    var unused = send("POST", path("/url"), Map.of("url", address));
  }

  /// What the body of a function returns, e.g. `return document.title`.
  @Nullable Object run(String script, Object... arguments)
      throws IOException, InterruptedException {
    return send(
        "POST", path("/execute/sync"), Map.of("script", script, "args", Arrays.asList(arguments)));
  }

  String text(String script) throws IOException, InterruptedException {
    return String.valueOf(run(script));
  }

  /// Waits until the script returns true.
  void await(String script) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!Boolean.TRUE.equals(run(script))) {
      if (System.nanoTime() > end) {
        throw new AssertionError("never true: " + script);
      }
      Thread.sleep(50);
    }
  }

  /// Presses and releases one key, e.g. `\uE004` for Tab or `\uE007` for Enter.
  void press(String key) throws IOException, InterruptedException {
    var keys =
        Map.of(
            "type",
            "key",
            "id",
            "keyboard",
            "actions",
            List.of(
                Map.of("type", "keyDown", "value", key), Map.of("type", "keyUp", "value", key)));
    var unused = send("POST", path("/actions"), Map.of("actions", List.of(keys)));
  }

  /// Clicks the first element that a CSS selector names.
  void click(String selector) throws IOException, InterruptedException {
    Object found =
        send("POST", path("/element"), Map.of("using", "css selector", "value", selector));
    Object id = ((Map<?, ?>) found).values().iterator().next();
    var unused = send("POST", path("/element/" + id + "/click"), Map.of());
  }

  /// A page's width as a phone or a desk has it, in CSS pixels.
  void width(int width, int height) throws IOException, InterruptedException {
    devtools(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
  }

  /// @param scheme `light` or `dark`
  void colours(String scheme) throws IOException, InterruptedException {
    devtools(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  /// The header `Accept-Language` of what is fetched from now on.
  void prefers(String language) throws IOException, InterruptedException {
    devtools("Network.enable", Map.of());
    devtools("Network.setExtraHTTPHeaders", Map.of("headers", Map.of("Accept-Language", language)));
  }

  /// Writes a picture of the whole page, however long.
  void screenshot(Path png) throws IOException, InterruptedException {
    Object shot =
        devtools("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true));
    Object data = ((Map<?, ?>) shot).get("data");
    AtomicFiles.write(png, Base64.getDecoder().decode((String) data));
  }

  /// Errors and warnings on the browser's console since the last call, security violations
  /// included.
  List<String> complaints() throws IOException, InterruptedException {
    List<?> entries = (List<?>) send("POST", path("/se/log"), Map.of("type", "browser"));
    List<String> complaints = new ArrayList<>();
    for (Object entry : entries) {
      Map<?, ?> line = (Map<?, ?>) entry;
      if ("SEVERE".equals(line.get("level")) || "WARNING".equals(line.get("level"))) {
        complaints.add(String.valueOf(line.get("message")));
      }
    }
    return complaints;
  }

  @Nullable Object devtools(String command, Map<String, Object> parameters)
      throws IOException, InterruptedException {
    return send("POST", path("/goog/cdp/execute"), Map.of("cmd", command, "params", parameters));
  }

  private String path(String command) {
    return "/session/" + session + command;
  }

  private @Nullable Object send(String method, String path, @Nullable Object body)
      throws IOException, InterruptedException {
    var publisher =
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofByteArray(Json.bytes(body));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(driverAddress + path))
            .method(method, publisher)
            .timeout(PATIENCE)
            .build();
    HttpResponse<byte[]> answer = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) {
      throw new IOException(path + ": " + new String(answer.body(), StandardCharsets.UTF_8));
    }
    return Json.object(answer.body()).get("value");
  }

  /// Ends the browser and the driver, and removes the profile.
  @Override
  public void close() {
    try {
      if (session != null) {
        var unused = send("DELETE", "/session/" + session, null);
      }
    } catch (IOException e) {
      driver.descendants().forEach(ProcessHandle::destroyForcibly);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    driver.destroy();
    try {
      if (!driver.waitFor(10, TimeUnit.SECONDS)) {
        driver.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    http.close();
    AtomicFiles.delete(profile);
  }
}
