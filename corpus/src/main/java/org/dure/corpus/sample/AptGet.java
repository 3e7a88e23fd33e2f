package org.dure.corpus.sample;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.BackgroundTask;

/// Runs apt-get and watches its progress. It is ended only when it makes none for three minutes.
final class AptGet {
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(3);
  private static final int ERROR_LINES = 4;
  private static final int ERROR_CHARACTERS = 200;
  private static final String STATUS = "dlstatus:";

  private final String program;
  private final SampleText.Listener listener;
  private final AtomicReference<String> seen = new AtomicReference<>("");

  AptGet(String program, SampleText.Listener listener) {
    this.program = program;
    this.listener = listener;
  }

  /// @param errors the last lines that apt-get wrote as errors or warnings
  record Outcome(boolean succeeded, String errors) {}

  /// Whether apt would change to its sandbox user, who may not write into a folder of root's.
  boolean asRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  /// Configuration on top of the system's: no hooks, errors instead of endless waits.
  static String configuration(boolean root) {
    return """
    #clear APT::Update::Pre-Invoke;
    #clear APT::Update::Post-Invoke;
    #clear APT::Update::Post-Invoke-Success;
    Acquire::Retries "3";
    Acquire::http::Timeout "60";
    Acquire::https::Timeout "60";
    Acquire::Languages "none";
    """
        + (root ? "APT::Sandbox::User \"root\";\n" : "");
  }

  /// The same with apt's state and cache below `folder`.
  static String configuration(boolean root, Path folder) {
    if (folder.toString().matches("(?s).*[\"\\n\\\\].*")) {
      throw new DureException(
          ErrorCode.USAGE,
          "%s: apt-get cannot use a folder with a quote, backslash or line end in its name"
              .formatted(folder));
    }
    return configuration(root)
        + """
        Dir::State "%1$s/state/";
        Dir::State::Lists "%1$s/state/lists/";
        Dir::Cache "%1$s/cache/";
        Dir::Cache::Archives "%1$s/cache/archives/";
        Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
        Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
        Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
        Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";
        """
            .formatted(folder);
  }

  /// Runs one command in `folder` to its end.
  ///
  /// @param step how progress is called
  /// @throws DureException [ErrorCode#TEXT_UNAVAILABLE] if there is no such program, or if it made
  ///     no progress for three minutes
  Outcome run(Path configuration, Path folder, String step, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(program, "-q", "-y"));
    command.addAll(List.of("-c", configuration.toString(), "-o", "APT::Status-Fd=1"));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new DureException(
          ErrorCode.TEXT_UNAVAILABLE,
          ("cannot obtain the sample text: there is no %s on this machine. Expected a Debian or"
                  + " Ubuntu system, or text of your own (--text ko=DIR)")
              .formatted(program),
          e);
    }
    AtomicLong lastProgress = new AtomicLong(System.nanoTime());
    Deque<String> errors = new ArrayDeque<>();
    BackgroundTask output =
        reader(process, process.getInputStream(), line -> progress(line, step, lastProgress));
    BackgroundTask problems =
        reader(
            process,
            process.getErrorStream(),
            line -> {
              synchronized (errors) {
                errors.add(line.substring(0, Math.min(line.length(), ERROR_CHARACTERS)));
                if (errors.size() > ERROR_LINES) {
                  errors.remove();
                }
              }
            });
    try {
      await(process, lastProgress, step);
      output.join();
      problems.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DureException(ErrorCode.TEXT_UNAVAILABLE, "interrupted while " + step, e);
    } finally {
      process.destroy();
    }
    listener.progress(step, 1);
    synchronized (errors) {
      return new Outcome(process.exitValue() == 0, String.join("; ", errors));
    }
  }

  private void await(Process process, AtomicLong lastProgress, String step)
      throws InterruptedException {
    while (!process.waitFor(500, TimeUnit.MILLISECONDS)) {
      if (System.nanoTime() - lastProgress.get() > PATIENCE_NANOS) {
        process.destroyForcibly();
        throw new DureException(
            ErrorCode.TEXT_UNAVAILABLE,
            "%s (%s) made no progress for %d s: expected a working network, or --text ko=DIR"
                .formatted(program, step, TimeUnit.NANOSECONDS.toSeconds(PATIENCE_NANOS)));
      }
    }
  }

  /// `dlstatus:1:20.5:Retrieving file 1 of 2`: only a changed share is progress.
  private void progress(String line, String step, AtomicLong lastProgress) {
    if (!line.startsWith(STATUS)) {
      lastProgress.set(System.nanoTime());
      return;
    }
    String[] fields = line.split(":", 4);
    if (fields.length < 4) {
      return;
    }
    try {
      double share = Double.parseDouble(fields[2]) / 100;
      if (!fields[2].equals(seen.getAndSet(fields[2]))) {
        lastProgress.set(System.nanoTime());
      }
      listener.progress(step, Math.clamp(share, 0, 0.999));
    } catch (NumberFormatException e) {
      return;
    }
  }

  /// A process whose output nobody reads any more would wait for ever.
  private static BackgroundTask reader(Process process, InputStream in, Consumer<String> lines) {
    return BackgroundTask.once(
        "apt output",
        () -> {
          try (BufferedReader reader =
              new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            reader.lines().forEach(lines);
          } catch (IOException | UncheckedIOException e) {
            // The process ended: its exit value says how.
            return;
          }
        },
        failure -> process.destroy());
  }
}
