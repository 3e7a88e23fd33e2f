package org.dure.app;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.dure.app.process.Jdk;
import org.dure.app.process.Ports;
import org.dure.app.terminal.Output;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.model.Libtorch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `dure doctor`: is this machine fit, and if not, what to do.
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Checks whether this machine is fit, and says what to do if not.",
      "",
      "Java, cores, memory, disk, native libraries, ports. Ends with status 5 if something keeps"
          + " Dure from working here."
    },
    footer = {
      "",
      "Example:",
      "  dure doctor",
      "  ok       Java          25.0.3+9-LTS (Eclipse Adoptium)",
      "  ok       cores         2",
      "  ok       memory        23.5 GB, 21.0 GB free",
      "  ok       disk          80.1 GB free in /home/dure",
      "  ok       libtorch      2.10.0-1.5.13 on linux-amd64, CPU, AVX512, 114 GFLOP/s with 1"
          + " thread",
      "  ok       port 8400     free (serve)"
    })
@SuppressWarnings("NullAway.Init")
final class DoctorCommand implements Callable<Integer> {
  private static final double GIGABYTE = 1e9;
  private static final double LEAST_MEMORY = 4e9;
  private static final double LEAST_DISK = 3e9;

  @Option(
      names = "--home",
      defaultValue = ".",
      paramLabel = "DIR",
      description = "Folder whose disk is checked (default: this one).")
  private Path home;

  @Spec private CommandSpec spec;

  enum Grade {
    OK,
    WARNING,
    PROBLEM
  }

  /// @param grade `OK`, `WARNING` or `PROBLEM`
  record Finding(Grade grade, String subject, String text) {}

  /// @param fit whether nothing keeps Dure from working here
  record Result(boolean fit, List<Finding> findings) {}

  @Override
  public Integer call() {
    List<Finding> findings = new ArrayList<>();
    findings.add(java());
    findings.add(cores());
    findings.add(memory());
    findings.add(disk());
    findings.add(libtorch());
    findings.add(port(Ports.SERVE, "serve", "--port"));
    findings.add(port(Ports.CONSOLE, "console", "--console-port"));
    findings.add(port(Ports.HUB, "hub", "--port; of a demo --hub-port"));
    findings.add(apt());
    boolean fit = findings.stream().noneMatch(finding -> finding.grade() == Grade.PROBLEM);
    Output output = Output.of(spec);
    output.result(
        new Result(fit, findings),
        findings.stream().map(DoctorCommand::line).collect(Collectors.joining("\n")));
    if (fit) {
      output.next("dure demo");
    }
    return fit ? 0 : ErrorCode.Type.RESOURCE.exitStatus();
  }

  private static String line(Finding finding) {
    return "%-8s %-13s %s"
        .formatted(
            finding.grade().name().toLowerCase(Locale.ROOT), finding.subject(), finding.text());
  }

  private static Finding java() {
    String text =
        System.getProperty("java.vm.version") + " (" + System.getProperty("java.vendor") + ")";
    return Jdk.isSupported()
        ? new Finding(Grade.OK, "Java", text)
        : new Finding(
            Grade.PROBLEM, "Java", text + ": install JDK 25.0.3 or newer, below 26, set JAVA_HOME");
  }

  private static Finding cores() {
    int cores = Runtime.getRuntime().availableProcessors();
    return cores >= 2
        ? new Finding(Grade.OK, "cores", Integer.toString(cores))
        : new Finding(Grade.WARNING, "cores", cores + ": the demo is made for 2 and will be slow");
  }

  private static Finding memory() {
    if (!(ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine)) {
      return new Finding(Grade.WARNING, "memory", "cannot be read on this system");
    }
    double total = machine.getTotalMemorySize();
    String text =
        String.format(
            Locale.ROOT,
            "%.1f GB, %.1f GB free",
            total / GIGABYTE,
            machine.getFreeMemorySize() / GIGABYTE);
    return total >= LEAST_MEMORY
        ? new Finding(Grade.OK, "memory", text)
        : new Finding(Grade.PROBLEM, "memory", text + ": the demo needs 4 GB");
  }

  private Finding disk() {
    Path folder = home.toAbsolutePath();
    while (folder.getParent() != null && !Files.exists(folder)) {
      folder = folder.getParent();
    }
    try {
      double free = Files.getFileStore(folder).getUsableSpace();
      String text =
          String.format(Locale.ROOT, "%.1f GB free in %s", free / GIGABYTE, folder.normalize());
      return free >= LEAST_DISK
          ? new Finding(Grade.OK, "disk", text)
          : new Finding(Grade.PROBLEM, "disk", text + ": free 3 GB, or use --home elsewhere");
    } catch (IOException e) {
      return new Finding(Grade.WARNING, "disk", "cannot be read: " + e.getMessage());
    }
  }

  private static Finding libtorch() {
    try {
      Libtorch.SelfTest test = Libtorch.selfTest();
      return new Finding(
          Grade.OK,
          "libtorch",
          String.format(
              Locale.ROOT,
              "%s on %s, %s, %s, %.0f GFLOP/s with %d thread%s",
              test.version(),
              test.platform(),
              test.device(),
              test.instructions(),
              test.gigaflops(),
              test.threads(),
              test.threads() == 1 ? "" : "s"));
    } catch (DureException e) {
      return new Finding(
          Grade.PROBLEM,
          "libtorch",
          e.getMessage() + ": training and serving do not work here; verify does");
    }
  }

  private static Finding port(int port, String use, String option) {
    String subject = "port " + port;
    return Ports.isFree(port)
        ? new Finding(Grade.OK, subject, "free (%s)".formatted(use))
        : new Finding(
            Grade.WARNING,
            subject,
            "taken: give the %s another one with %s".formatted(use, option));
  }

  private static Finding apt() {
    boolean there =
        Files.isExecutable(Path.of("/usr/bin/apt-get"))
            && Files.isExecutable(Path.of("/usr/bin/apt-cache"));
    return there
        ? new Finding(Grade.OK, "sample text", "from this system's packages")
        : new Finding(
            Grade.WARNING,
            "sample text",
            "this system has no apt-get: give your own with --text ko=DIR");
  }
}
