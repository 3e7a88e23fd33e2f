package org.dure.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// The real `dure` command, started as a user would, from tests.
final class DureProcess implements AutoCloseable {
  static final Path COMMAND = Path.of("../dure").toAbsolutePath().normalize();

  /// No process of a test lives long enough to gain from the optimising compiler what that takes: a
  /// third of the processors' time.
  static final String QUICK = "-XX:TieredStopAtLevel=1";

  private final Process process;
  private final Path output;

  private DureProcess(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  /// What a finished run printed, both streams, and its exit status.
  record Outcome(int status, String output) {}

  /// Starts it in the background.
  static DureProcess start(Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(COMMAND.toString()));
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile(folder, "dure-", ".output");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(folder.toFile());
    builder.environment().put("DURE_JAVA_OPTIONS", QUICK);
    builder.environment().putAll(environment);
    builder.environment().put("DURE_NO_BUILD", "1");
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    builder.redirectInput(Path.of("/dev/null").toFile());
    return new DureProcess(builder.start(), output);
  }

  /// Runs it to its end.
  static Outcome run(Path folder, String... arguments) throws IOException, InterruptedException {
    try (DureProcess process = start(folder, Map.of(), arguments)) {
      return process.await();
    }
  }

  /// Runs it to its end with text on standard input.
  static Outcome runWithInput(Path folder, String input, String... arguments)
      throws IOException, InterruptedException {
    Path file = Files.createTempFile(folder, "dure-", ".input");
    Files.writeString(file, input);
    List<String> command = new ArrayList<>(List.of(COMMAND.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(folder.toFile());
    builder.environment().put("DURE_JAVA_OPTIONS", QUICK);
    builder.environment().put("DURE_NO_BUILD", "1");
    builder.redirectErrorStream(true).redirectInput(file.toFile());
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output);
  }

  /// Runs a script of bash that finds the command as `$0`.
  static Outcome runScript(Path folder, Path script) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", "source ./" + script.getFileName(), COMMAND.toString());
    builder.directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().putIfAbsent("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("DURE_JAVA_OPTIONS", QUICK);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output);
  }

  Outcome await() throws InterruptedException, IOException {
    if (!process.waitFor(20, TimeUnit.MINUTES)) {
      throw new AssertionError("still running after 20 minutes: " + output());
    }
    return new Outcome(process.exitValue(), output());
  }

  String output() throws IOException {
    return Files.readString(output);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /// `kill -9`.
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
