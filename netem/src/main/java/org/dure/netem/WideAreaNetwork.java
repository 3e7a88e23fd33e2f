package org.dure.netem;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.jspecify.annotations.Nullable;

/// The lab's network: a hub and regions, each a host of its own, each region on its own link.
///
/// ```
/// namespace hub            shuttle           namespace ko
/// 198.18.0.1 on lo                           198.18.1.1 on wan
///   wan1  <------ delay, rate, loss, cuts ------>  wan
///   wan2  <--------------------------------->  wan   namespace ja, 198.18.2.1
/// ```
///
/// The addresses are those of RFC 2544 for measuring networks. Routes name the congestion control.
public final class WideAreaNetwork implements AutoCloseable {
  /// Where regions reach the hub.
  public static final String HUB = "198.18.0.1";

  private static final String DEVICE = "wan";
  private static final int MTU = 1_500;
  private static final int DEVICE_QUEUE = 10_000;

  /// What `ip -s link` counted at a region's device.
  ///
  /// @param out bytes that the region sent, also those that the link then dropped
  /// @param in bytes that arrived at the region
  public record Counted(long out, long in) {}

  private record Descriptors(int hub, int region) {}

  private final SequencedMap<String, Namespace> regions = new LinkedHashMap<>();
  private final Map<String, LinkEmulator> emulators = new LinkedHashMap<>();
  private final List<Namespace> made = new ArrayList<>();
  private final Namespace hub;

  /// Builds it.
  ///
  /// @param shapes of the regions' links, by region
  /// @param congestion `cubic` or another that the kernel has
  /// @param seed of everything random in the links
  /// @throws DureException with [ErrorCode#LAB_UNAVAILABLE]
  public WideAreaNetwork(SequencedMap<String, LinkShape> shapes, String congestion, long seed) {
    List<String> missing = Namespace.missing();
    if (!missing.isEmpty()) {
      throw new DureException(
          ErrorCode.LAB_UNAVAILABLE,
          "links between network namespaces need what is missing here: "
              + String.join(", ", missing));
    }
    Namespace.sweep();
    try {
      hub = namespace("hub");
      hub.ip("addr", "add", HUB + "/32", "dev", "lo");
      int number = 0;
      for (Map.Entry<String, LinkShape> entry : shapes.entrySet()) {
        number++;
        connect(entry.getKey(), number, entry.getValue(), congestion, seed + number);
      }
    } catch (DureException e) {
      close();
      throw e;
    }
  }

  private Namespace namespace(String purpose) {
    Namespace namespace = Namespace.create(purpose);
    made.add(namespace);
    return namespace;
  }

  private void connect(String region, int number, LinkShape shape, String congestion, long seed) {
    Namespace namespace = namespace("r%d".formatted(number));
    regions.put(region, namespace);
    String device = DEVICE + number;
    String address = "198.18.%d.%d".formatted(number / 250, number % 250 + 2);
    int hubSide;
    int regionSide;
    try {
      hubSide = hub.call(() -> openTun(device));
      regionSide = namespace.call(() -> openTun(DEVICE));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DureException(ErrorCode.INTERNAL, "interrupted", e);
    }
    emulators.put(region, new LinkEmulator(region, regionSide, hubSide, shape, seed));
    up(hub, device);
    up(namespace, DEVICE);
    namespace.ip("addr", "add", address + "/32", "dev", DEVICE);
    namespace.ip("route", "add", HUB, "dev", DEVICE, "src", address, "congctl", congestion);
    hub.ip("route", "add", address, "dev", device, "src", HUB, "congctl", congestion);
  }

  private static int openTun(String device) {
    try (LinuxCalls kernel = new LinuxCalls()) {
      return kernel.openTun(device);
    }
  }

  private static void up(Namespace namespace, String device) {
    namespace.ip(
        "link",
        "set",
        device,
        "mtu",
        Integer.toString(MTU),
        "txqueuelen",
        Integer.toString(DEVICE_QUEUE),
        "up");
  }

  public Namespace hub() {
    return hub;
  }

  public Namespace region(String name) {
    Namespace namespace = regions.get(name);
    if (namespace == null) {
      throw new IllegalArgumentException(name);
    }
    return namespace;
  }

  public LinkEmulator emulator(String region) {
    LinkEmulator emulator = emulators.get(region);
    if (emulator == null) {
      throw new IllegalArgumentException(region);
    }
    return emulator;
  }

  /// The kernel's own counters of a region's device, as `ip -s link` shows them.
  public Counted counted(String region) {
    String json = region(region).ip("-j", "-s", "link", "show", "dev", DEVICE);
    if (Json.array(json.getBytes(StandardCharsets.UTF_8)).getFirst() instanceof Map<?, ?> device
        && device.get("stats64") instanceof Map<?, ?> stats) {
      return new Counted(bytes(stats.get("tx")), bytes(stats.get("rx")));
    }
    throw new DureException(ErrorCode.LAB_UNAVAILABLE, "ip -s link printed no counters: " + json);
  }

  private static long bytes(@Nullable Object direction) {
    return direction instanceof Map<?, ?> map && map.get("bytes") instanceof Number number
        ? number.longValue()
        : 0;
  }

  /// Takes everything down, however far it was built.
  @Override
  public void close() {
    emulators.values().forEach(LinkEmulator::close);
    made.reversed().forEach(Namespace::close);
  }
}
