package org.dure.app.workload;

import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.dure.app.home.Consent;
import org.dure.app.home.Identities;
import org.dure.app.home.PrivacyPolicy;
import org.dure.app.home.RegionHome;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.app.home.Terms;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Printable;
import org.dure.core.Sha256;
import org.dure.core.Sharing;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.core.accounting.SampledGaussian;
import org.dure.core.runtime.Failures;
import org.dure.corpus.PackReport;
import org.dure.federation.client.HttpProxy;
import org.dure.federation.protocol.Study;
import org.dure.federation.region.ExportPolicy;
import org.dure.federation.region.Node;
import org.dure.federation.region.PrivacyBudget;

/// A region's node with its workload, from its home: what `dure node` and `dure region run` do.
public final class NodeRun {
  private NodeRun() {}

  /// What is done beside a node while it works, and ended with it.
  public interface Beside {
    AutoCloseable start(Node node);
  }

  /// Takes part until the study is finished.
  ///
  /// @throws DureException with [ErrorCode#EXPORT_REFUSED] or [ErrorCode#CONSENT_MISSING] before
  ///     anything else is done, if the site does not let leave what the study takes, or nobody has
  ///     accepted it
  /// @throws InterruptedException if the node was closed before
  public static void work(
      WorkloadConfig workloadConfig,
      Study.Region member,
      RegionLayout region,
      URI hub,
      Effort effort,
      PrintWriter out,
      Optional<HttpProxy> way,
      Beside beside)
      throws InterruptedException {
    ExportPolicy policy = policy(workloadConfig, member, region);
    checkFolder(workloadConfig, region);
    silence(workloadConfig, member, region).ifPresent(out::println);
    out.flush();
    PrivacyPolicy privacy = SitePolicy.of(region).privacy();
    Optional<SampledGaussian> step = workloadConfig.privateStep();
    try (Workload workload =
            workloadConfig.workload(member, region, effort.pace(), effort.threads());
        Budget budget =
            Budget.of(step.map(one -> budget(workloadConfig, member, region, privacy, out, one)));
        Node node =
            new Node(
                new Node.Setup(
                    workloadConfig.study(),
                    new Node.Site(
                        member.name(),
                        region.node(),
                        Identities.region(region),
                        policy,
                        budget.what()),
                    new Node.HubAddress(hub, way),
                    workload,
                    InstantSource.system(),
                    new SecureRandom(),
                    new Lines(out)));
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

  /// What may leave: what the site's policy lets, of what was accepted.
  private static ExportPolicy policy(
      WorkloadConfig workloadConfig, Study.Region member, RegionLayout region) {
    Terms asked = workloadConfig.terms(member, Identities.authority(region));
    SitePolicy policy = SitePolicy.of(region);
    policy.check(asked);
    Consent given = Consent.require(region, asked);
    Sharing sharing = workloadConfig.study().sharing();
    return policy
        .exports(sharing, given.terms())
        .within(
            new ExportPolicy.Accepted(
                member.name(),
                Sha256.of(Json.bytes(given)),
                SitePolicy.bounds(sharing, given.terms()),
                "to accept as much again: dure %s --home %s --accept %s"
                    .formatted(
                        Files.exists(RegionHome.file(region))
                            ? "region terms"
                            : "node terms --study FILE --region " + member.name(),
                        Printable.shellWord(region.path()),
                        asked.digestOfTerms())));
  }

  /// That no score leaves for want of held-out documents.
  private static Optional<String> silence(
      WorkloadConfig workloadConfig, Study.Region member, RegionLayout region) {
    boolean scores =
        workloadConfig instanceof PretrainingConfig config && config.privacy().isEmpty();
    return scores
        ? new TextFloor(SitePolicy.of(region), region).silence(member.language())
        : Optional.empty();
  }

  private record Budget(Optional<PrivacyBudget> what) implements AutoCloseable {
    static Budget of(Optional<PrivacyBudget> what) {
      return new Budget(what);
    }

    @Override
    public void close() {
      what.ifPresent(PrivacyBudget::close);
    }
  }

  /// Opens the site's budget, and says what the study would cost.
  private static PrivacyBudget budget(
      WorkloadConfig workloadConfig,
      Study.Region member,
      RegionLayout region,
      PrivacyPolicy policy,
      PrintWriter out,
      SampledGaussian step) {
    PrivacyMessages words = PrivacyMessages.of(member.language(), workloadConfig.study().name());
    policy.check(Json.read(region.tokens().resolve("report.json"), PackReport.Figures.class));
    PrivacyBudget budget =
        PrivacyBudget.open(
            policy.folder(region.privacy()),
            region.privacy(),
            policy.limit(),
            new PrivacyBudget.Cost(
                workloadConfig.study().digest(),
                step,
                workloadConfig.study().schedule().steps(),
                (long) StudyTerms.rounds(workloadConfig.study())
                    * workloadConfig.study().schedule().steps()),
            words::stops);
    out.println(words.begins(step, workloadConfig, policy.limit(), budget.spent()));
    out.flush();
    return budget;
  }

  /// Prints what a node says, and its progress every ten seconds.
  private static final class Lines implements Node.Listener {
    private static final long INTERVAL = 10_000_000_000L;

    private final PrintWriter out;
    private long shown = System.nanoTime();
    private String said = "";

    Lines(PrintWriter out) {
      this.out = out;
    }

    @Override
    public synchronized void onMessage(String line) {
      out.println(line);
      out.flush();
    }

    @Override
    public synchronized void onActivity(int round, ActivityKind doing, long done, long total) {
      long now = System.nanoTime();
      String line =
          "round %d: %s".formatted(round, doing.word())
              + (total == 0 ? "" : "%s %d of %d".formatted(what(doing), done, total));
      if (now - shown >= INTERVAL && !line.equals(said)) {
        shown = now;
        said = line;
        onMessage(line);
      }
    }
  }

  /// What is counted; empty where the word says it.
  private static String what(ActivityKind doing) {
    return switch (doing) {
      case TRAINING, TRAINING_TWIN, TRAINING_ON -> ", step";
      case EVALUATING, EVALUATING_START, EVALUATING_TWIN, MEASURING -> ", held-out documents:";
      case NONE, STARTING, PREPARING, WORKING, WAITING, SENDING, RECEIVING, SAVING -> "";
      case DISK_FULL, SET_BACK, GOING_BACK, BUDGET_SPENT -> "";
    };
  }

  /// Before anything starts: what must lie in the region's folder.
  private static void checkFolder(WorkloadConfig workloadConfig, RegionLayout region) {
    List<String> missing = workloadConfig.missing(region);
    if (!missing.isEmpty() && Files.exists(RegionHome.file(region))) {
      throw new DureException(
          ErrorCode.INPUT_MISSING,
          "%s is not prepared: dure region prepare --home %s --text DIR makes what it lacks of its text"
              .formatted(region.path(), Printable.shellWord(region.path())));
    }
    if (!missing.isEmpty()) {
      throw new DureException(
          ErrorCode.INPUT_MISSING,
          "%s lacks %s".formatted(region.path(), String.join(", ", missing)));
    }
  }
}
