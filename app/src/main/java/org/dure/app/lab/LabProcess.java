package org.dure.app.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dure.app.process.SupervisedProcess;
import org.dure.netem.Host;

/// A `dure` process of the lab, on a host of its own, whose memory is looked at.
///
/// One that dies by itself is started again, and that is remembered: the lab's verdict tells it.
/// Thread-safe.
final class LabProcess implements AutoCloseable {
  /// In the environment of a process whose disk fails now and then, and takes the process with it.
  static final String FAILING_DISK = "FAILING_DISK";

  private static final int KILLED = 137;

  private final SupervisedProcess process;
  private long residentPeak;
  private long residentPrivatePeak;

  /// Starts it.
  ///
  /// @param runner a command that runs the command which follows it, e.g. `nice`; may be empty
  LabProcess(SupervisedProcess.Program program, Host host, List<String> runner) {
    List<String> command = new ArrayList<>(runner);
    command.addAll(program.command());
    Map<String, String> environment = program.environment();
    this.process =
        new SupervisedProcess(
            new SupervisedProcess.Program(
                program.name(), host.command(command), environment, program.log()),
            line -> {},
            status -> status == KILLED && environment.containsKey(FAILING_DISK));
  }

  /// `kill -9`; returns when it is dead, and it is started again at once.
  void kill() throws InterruptedException {
    measure();
    process.kill();
  }

  /// `kill -9`; it stays dead until [#up].
  void down() throws InterruptedException {
    measure();
    process.down();
  }

  void up() {
    process.up();
  }

  /// Waits until it has been started again after [#kill].
  ///
  /// @return when, [System#nanoTime]
  long awaitRestart() throws InterruptedException {
    return process.awaitRestart();
  }

  String name() {
    return process.name();
  }

  /// Whether it has ended for good.
  boolean isOver() {
    return process.isOver();
  }

  int kills() {
    return process.kills();
  }

  /// Every death that nobody asked for, with the end of the log.
  List<String> ownDeaths() {
    return process.deaths();
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
    measure();
    process.close();
  }
}
