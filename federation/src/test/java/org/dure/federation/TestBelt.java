package org.dure.federation;

import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.Study;
import org.dure.federation.region.ExportPolicy;
import org.dure.federation.region.Node;
import org.dure.federation.server.HubServer;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.wire.TlsIdentity;

/// A real hub and real nodes over HTTPS on loopback.
public final class TestBelt implements AutoCloseable {
  public final Study study;
  final Path folder;
  public final TestAuthority authority = new TestAuthority("test study");
  final List<String> said = new CopyOnWriteArrayList<>();
  private final Optional<CommonPreparation> preparation;
  private final Map<String, TlsIdentity> identities = new TreeMap<>();
  private final TlsIdentity hubIdentity = authority.hub();
  public HubServer hub;
  public int port;

  /// The hub's.
  volatile InstantSource clock = InstantSource.system();

  public TestBelt(Study study, Path folder, Optional<CommonPreparation> preparation) {
    this.study = study;
    this.folder = folder;
    this.preparation = preparation;
    study
        .regions()
        .forEach(region -> identities.put(region.name(), authority.region(region.name())));
    start();
  }

  public void start() {
    hub =
        HubServer.start(
            new HubServer.Setup(
                study,
                folder.resolve("hub"),
                new InetSocketAddress("127.0.0.1", port),
                hubIdentity,
                ArithmeticWorkload::initial,
                preparation,
                () -> clock.instant()));
    port = hub.port();
  }

  /// What the hub has turned away, by reason.
  ///
  /// @param name of a region; empty for strangers
  public Map<String, Long> refusals(String name) {
    StudyStatus status = hub.status();
    Map<String, Long> counts = new TreeMap<>(name.isEmpty() ? status.strangers() : Map.of());
    for (StudyStatus.Region region : status.regions()) {
      if (region.name().equals(name)) {
        region
            .standing()
            .refusals()
            .forEach((reason, refused) -> counts.put(reason, refused.count()));
      }
    }
    return counts;
  }

  public URI address() {
    return URI.create("https://127.0.0.1:" + port);
  }

  public TlsIdentity identity(String region) {
    return identities.computeIfAbsent(region, authority::region);
  }

  public Node node(String region, Workload workload) {
    return node(study, region, workload);
  }

  /// A node that takes another study for the hub's.
  public Node node(Study other, String region, Workload workload) {
    return node(other, region, workload, identity(region), ExportPolicy.standard());
  }

  public Node node(String region, Workload workload, TlsIdentity identity, ExportPolicy policy) {
    return node(study, region, workload, identity, policy);
  }

  private Node node(
      Study taken, String region, Workload workload, TlsIdentity identity, ExportPolicy policy) {
    return node(taken, new Node.Site(region, folder.resolve(region), identity, policy), workload);
  }

  /// A node whose folder is not called as its region.
  Node nodeIn(String name, String region, Workload workload) {
    return node(
        study,
        new Node.Site(region, folder.resolve(name), identity(region), ExportPolicy.standard()),
        workload);
  }

  private Node node(Study taken, Node.Site site, Workload workload) {
    return new Node(
        new Node.Setup(
            taken,
            site,
            new Node.HubAddress(address(), Optional.empty()),
            workload,
            InstantSource.system(),
            new SplittableRandom(1),
            new Node.Listener() {
              @Override
              public void onMessage(String line) {
                said.add(line);
              }

              @Override
              public void onActivity(int round, ActivityKind doing, long done, long total) {
                // Only people care.
              }
            }));
  }

  /// Runs a node on a thread of its own.
  static CompletableFuture<Map<String, Double>> run(Node node) {
    CompletableFuture<Map<String, Double>> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try (node) {
                result.complete(node.run());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  /// Runs every region to its end.
  public Map<String, Map<String, Double>> runAll(Function<String, Workload> workloads) {
    Map<String, CompletableFuture<Map<String, Double>>> running = new TreeMap<>();
    study
        .regions()
        .forEach(
            region ->
                running.put(
                    region.name(), run(node(region.name(), workloads.apply(region.name())))));
    Map<String, Map<String, Double>> scores = new TreeMap<>();
    running.forEach((region, result) -> scores.put(region, result.join()));
    return scores;
  }

  @Override
  public void close() throws UncheckedIOException {
    hub.close();
  }
}
