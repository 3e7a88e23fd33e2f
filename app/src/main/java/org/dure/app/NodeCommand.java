package org.dure.app;

import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Failures;
import org.dure.core.Settings;
import org.dure.core.Workload;
import org.dure.federation.client.HttpProxy;
import org.dure.federation.protocol.Study;
import org.dure.federation.region.ExportPolicy;
import org.dure.federation.region.Node;
import org.dure.provenance.CertificateRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `dure node`: a region's own process.
@Command(
    name = "node",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a region's part of a study.",
      "",
      "It trains on the region's own tokens, sends what it learnt, takes what was merged, until the"
          + " study is finished. It connects out to one port of the hub, goes on through any outage,"
          + " and continues with the same bits after a kill."
    },
    footer = {
      "",
      "Example:",
      "  dure node --study study.toml --home ko --region ko --hub https://hub.example:8402",
      "  round 1: training 38 of 800"
    },
    subcommands = {NodeCommand.Request.class})
@SuppressWarnings("NullAway.Init")
public final class NodeCommand implements Callable<Integer> {
  @Option(names = "--study", paramLabel = "FILE", description = "The study (TOML).")
  private @Nullable Path study;

  @Option(
      names = "--home",
      paramLabel = "DIR",
      description = "The region's own folder: corpus, tokenizer, tokens, key, certificate.")
  private @Nullable Path home;

  @Option(names = "--region", paramLabel = "NAME", description = "Its name in the study.")
  private @Nullable String name;

  @Option(names = "--hub", paramLabel = "URL", description = "Where the hub listens.")
  private @Nullable URI hub;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides one setting of the study; the hub must run with the same.")
  private List<String> overrides = new ArrayList<>();

  @Mixin private Effort effort;

  @Option(
      names = "--proxy",
      paramLabel = "URL",
      description =
          "An HTTP proxy on the way, http://[USER:PASSWORD@]HOST:PORT (default: HTTPS_PROXY, unless"
              + " NO_PROXY names the hub).")
  private @Nullable String proxy;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (study == null || home == null || name == null || hub == null) {
      throw new ParameterException(
          spec.commandLine(), "--study FILE, --home DIR, --region NAME and --hub URL are needed");
    }
    Settings settings = Settings.of(study);
    overrides.forEach(settings::set);
    WorkloadConfig assignment = WorkloadConfig.of(settings);
    Study.Region member = member(assignment.study(), name);
    RegionLayout region = new RegionLayout(home);
    PrintWriter out = spec.commandLine().getOut();
    Optional<HttpProxy> way =
        proxy == null ? HttpProxy.of(hub, System.getenv()) : Optional.of(HttpProxy.of(proxy));
    work(assignment, member, region, hub, effort, out, way, node -> () -> {});
    return 0;
  }

  /// What is done beside a node while it works, and ended with it.
  public interface Beside {
    AutoCloseable start(Node node);
  }

  /// Takes part until the study is finished.
  ///
  /// @throws InterruptedException if the node was closed before
  public static void work(
      WorkloadConfig assignment,
      Study.Region member,
      RegionLayout region,
      URI hub,
      Effort effort,
      PrintWriter out,
      Optional<HttpProxy> way,
      Beside beside)
      throws InterruptedException {
    checkFolder(assignment, region);
    try (Workload workload = assignment.workload(member, region, effort.pace(), effort.threads());
        Node node =
            new Node(
                new Node.Setup(
                    assignment.study(),
                    member.name(),
                    region.node(),
                    hub,
                    Identities.region(region),
                    workload,
                    policy(region),
                    InstantSource.system(),
                    new SecureRandom(),
                    new Lines(out),
                    way));
        Closing closing = Closing.of(beside.start(node))) {
      var unused = node.run();
    }
  }

  /// Ends without checked exceptions.
  private record Closing(AutoCloseable what) implements AutoCloseable {
    static Closing of(AutoCloseable what) {
      return new Closing(what);
    }

    @Override
    public void close() {
      try {
        what.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        throw Failures.of(e);
      }
    }
  }

  /// What the site lets leave: its own file, or the standard.
  private static ExportPolicy policy(RegionLayout region) {
    if (!Files.exists(region.policy())) {
      return ExportPolicy.standard();
    }
    Settings settings = Settings.of(region.policy());
    ExportPolicy policy = ExportPolicy.of(settings);
    settings.finish();
    return policy;
  }

  /// Prints what a node says, and its progress every ten seconds.
  private static final class Lines implements Node.Listener {
    private static final long INTERVAL = 10_000_000_000L;

    private final PrintWriter out;
    private long shown = System.nanoTime();

    Lines(PrintWriter out) {
      this.out = out;
    }

    @Override
    public synchronized void says(String line) {
      out.println(line);
      out.flush();
    }

    @Override
    public synchronized void does(int round, String doing, long done, long total) {
      long now = System.nanoTime();
      if (now - shown >= INTERVAL) {
        shown = now;
        says("round %d: %s %d of %d".formatted(round, doing, done, total));
      }
    }
  }

  private static Study.Region member(Study study, String name) {
    List<String> names = study.regions().stream().map(Study.Region::name).toList();
    return study.regions().stream()
        .filter(region -> region.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new DureException(
                    ErrorCode.PEER_NOT_ADMITTED,
                    "the study has no region \"%s\": it has %s".formatted(name, names)));
  }

  /// Before anything starts: what must lie in the region's folder.
  private static void checkFolder(WorkloadConfig assignment, RegionLayout region) {
    List<String> missing = assignment.missing(region);
    if (!missing.isEmpty()) {
      throw new DureException(
          ErrorCode.INPUT_MISSING,
          "%s lacks %s".formatted(region.path(), String.join(", ", missing)));
    }
  }

  /// `dure node request`.
  @Command(
      name = "request",
      mixinStandardHelpOptions = true,
      description = {
        "Makes the region's key, which never leaves its home, and a request for the hub's operator",
        "to admit the region."
      },
      footer = {
        "",
        "Example:",
        "  dure node request --home ko --region ko --out ko.request.pem",
        "  send ko.request.pem to the hub's operator; the key stays in ko"
      })
  static final class Request implements Callable<Integer> {
    @Option(names = "--home", required = true, paramLabel = "DIR", description = "The region's.")
    private Path home;

    @Option(
        names = "--region",
        required = true,
        paramLabel = "NAME",
        description = "Its name in the study.")
    private String name;

    @Option(
        names = "--out",
        required = true,
        paramLabel = "FILE",
        description = "The request, for the hub's operator.")
    private Path out;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      CertificateRequest request = Identities.request(new RegionLayout(home), name);
      request.write(out);
      spec.commandLine()
          .getOut()
          .printf("send %s to the hub's operator; the key stays in %s%n", out, home);
      return 0;
    }
  }
}
