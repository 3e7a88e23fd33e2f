package org.dure.app.lab;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Map;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.protocol.Study;

/// What the lab's processes are started with beside their arguments.
///
/// Their memory is what the `dure` command gives a hub or a node: the lab only says how large the
/// machine of a region is, since here they all share one.
final class LabEnvironment {
  private static final long MEGABYTE = 1 << 20;
  private static final long REGION_BUFFERS = 128 * MEGABYTE;

  private LabEnvironment() {}

  /// @param heap in megabytes
  /// @param home of the lab
  static Map<String, String> hub(int heap, Path home) {
    Path log = home.resolve("logs").resolve("hub-gc-%p.log");
    return Map.of("DURE_HEAP", heap + "m", "DURE_JAVA_OPTIONS", "-Xlog:gc:file=" + log);
  }

  /// What `etc/failing-disk.c` wants to know; another library does not care.
  ///
  /// @param library that is loaded before others
  /// @param home of the lab
  static Map<String, String> failingDisk(Path library, Path home, long seed) {
    return Map.of(
        "LD_PRELOAD",
        library.toString(),
        LabProcess.FAILING_DISK,
        home.resolve("hub").toString(),
        "FAILING_DISK_SEED",
        Long.toString(seed),
        "FAILING_DISK_AFTER",
        System.getenv().getOrDefault("FAILING_DISK_AFTER", "600"),
        "FAILING_DISK_LOG",
        home.resolve("logs").resolve("power-failures.log").toString());
  }

  /// Its share of this machine, or what its weights need if that is more: a node keeps them in half
  /// of the memory.
  ///
  /// @param regions how many share the machine
  /// @param bytes of the weights
  static Map<String, String> region(int regions, long bytes, Study study) {
    long needed = 2 * (models(study) * bytes + REGION_BUFFERS);
    long share = Math.max(machineBytes() / regions, needed);
    return Map.of("DURE_MEMORY", Long.toString(share / MEGABYTE));
  }

  private static long machineBytes() {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      return system.getTotalMemorySize();
    }
    throw new DureException(ErrorCode.INTERNAL, "this Java does not tell the machine's memory");
  }

  /// How many times the weights are in a region's memory: the study's and the delta; where regions
  /// train on between rounds also where they stand, what that gave, and sums of these.
  private static long models(Study study) {
    return study.patience().aheadSteps() == 0 ? 2 : 7;
  }
}
