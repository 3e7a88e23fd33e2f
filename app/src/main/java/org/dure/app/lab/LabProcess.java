package org.dure.app.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.dure.app.process.SupervisedProcess;
import org.dure.core.BackgroundTask;
import org.dure.core.DureException;
import org.dure.netem.Host;

/// A `dure` process of the lab, which is killed on purpose and started again at once.
///
/// One that dies by itself is started again as well, after a moment, and that is remembered: the
/// lab's verdict tells it. Thread-safe.
final class LabProcess implements AutoCloseable {
  /// In the environment of a process whose disk fails now and then, and takes the process with it.
  static final String FAILING_DISK = "FAILING_DISK";

  private static final int KILLED = 137;
  private static final long RESTART_DELAY_MILLIS = 1_000;
  private static final int MOST_OWN_DEATHS = 8;

  private final String name;
  private final ProcessBuilder builder;
  private final Path log;
  private final List<String> ownDeaths = new ArrayList<>();
  private Process process;
  private int kills;
  private boolean killed;
  private boolean down;
  private boolean closing;
  private boolean over;
  private long started;
  private long residentPeak;
  private long residentPrivatePeak;

  /// Starts it.
  ///
  /// @param name as people call it, e.g. `region ko`
  /// @param runner a command that runs the command which follows it, e.g. `nice`; may be empty
  /// @param arguments of the `dure` command
  /// @param environment in addition to ours
  /// @param log gets its output, appended
  LabProcess(
      String name,
      Host host,
      List<String> runner,
      List<String> arguments,
      Map<String, String> environment,
      Path log) {
    this.name = name;
    this.log = log;
    List<String> command = new ArrayList<>(runner);
    command.add(System.getProperty("dure.command", "dure"));
    command.addAll(arguments);
    this.builder = new ProcessBuilder(host.command(command));
    builder.environment().putAll(environment);
    builder
        .environment()
        .put(SupervisedProcess.PARENT, Long.toString(ProcessHandle.current().pid()));
    builder.environment().put("DURE_NO_BUILD", "1");
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    this.process = start();
    var unused = BackgroundTask.once("watch " + name, this::watch, this::lost);
  }

  private Process start() {
    try {
      started = System.nanoTime();
      return builder.start();
    } catch (IOException e) {
      throw DureException.io("start", Path.of(builder.command().getFirst()), e);
    }
  }

  private void watch() throws InterruptedException {
    while (true) {
      Process running = process();
      int status = running.waitFor();
      synchronized (this) {
        if (closing || status == 0) {
          over = true;
          notifyAll();
          return;
        }
        if (status == KILLED && builder.environment().containsKey(FAILING_DISK)) {
          kills += killed ? 0 : 1;
        } else if (!killed) {
          ownDeaths.add("%s ended by itself with status %d:%n%s".formatted(name, status, tail()));
          if (ownDeaths.size() == MOST_OWN_DEATHS
              || SupervisedProcess.isPermanent(status, this::tail)) {
            over = true;
            return;
          }
          wait(RESTART_DELAY_MILLIS);
          if (closing) {
            over = true;
            return;
          }
        }
        while (down && !closing) {
          wait();
        }
        if (closing) {
          over = true;
          return;
        }
        killed = false;
        process = start();
        notifyAll();
      }
    }
  }

  /// It cannot be started again.
  private synchronized void lost(DureException failure) {
    ownDeaths.add("%s: %s".formatted(name, failure.report()));
    over = true;
    notifyAll();
  }

  private synchronized Process process() {
    return process;
  }

  private String tail() {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 6), lines.size()));
    } catch (IOException e) {
      return "(its log %s cannot be read)".formatted(log);
    }
  }

  /// `kill -9`; returns when it is dead, and it is started again at once.
  synchronized void kill() throws InterruptedException {
    measure();
    kills++;
    killed = true;
    process.destroyForcibly().waitFor();
  }

  /// `kill -9`; it stays dead until [#up].
  synchronized void down() throws InterruptedException {
    down = true;
    kill();
  }

  synchronized void up() {
    down = false;
    notifyAll();
  }

  /// Waits until it has been started again after [#kill].
  ///
  /// @return when, [System#nanoTime]
  synchronized long awaitRestart() throws InterruptedException {
    while (killed && !over) {
      wait();
    }
    return started;
  }

  String name() {
    return name;
  }

  /// Whether it has ended for good.
  synchronized boolean isOver() {
    return over;
  }

  synchronized int kills() {
    return kills;
  }

  /// Every death that nobody asked for, with the end of the log.
  synchronized List<String> ownDeaths() {
    return List.copyOf(ownDeaths);
  }

  /// Reads the kernel's peak of resident memory (`VmHWM`, mapped files included) and the present
  /// private part of it (`RssAnon`); to be called now and then.
  synchronized void measure() {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    try {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmHWM:")) {
          residentPeak = Math.max(residentPeak, kilobytes(line));
        } else if (line.startsWith("RssAnon:")) {
          residentPrivatePeak = Math.max(residentPrivatePeak, kilobytes(line));
        }
      }
    } catch (IOException e) {
      // Just dead, or not Linux: what was read before counts.
      return;
    }
  }

  private static long kilobytes(String line) {
    return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
  }

  /// Bytes; 0 where the system does not tell.
  synchronized long residentPeak() {
    return residentPeak;
  }

  synchronized long residentPrivatePeak() {
    return residentPrivatePeak;
  }

  @Override
  public void close() {
    Process running;
    synchronized (this) {
      closing = true;
      measure();
      running = process;
      notifyAll();
    }
    running.destroy();
    try {
      if (!running.waitFor(5, TimeUnit.SECONDS)) {
        running.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
