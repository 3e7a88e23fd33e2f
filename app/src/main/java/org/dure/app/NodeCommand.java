package org.dure.app;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.dure.app.consent.ConsentDesk;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.options.AcceptOptions;
import org.dure.app.options.EffortOptions;
import org.dure.app.options.TermsLanguageOptions;
import org.dure.app.terminal.Output;
import org.dure.app.workload.NodeRun;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.Settings;
import org.dure.federation.client.HttpProxy;
import org.dure.federation.protocol.Study;
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
          + " study is finished. It connects out to one port of the hub, goes on through any"
          + " outage, and continues with the same bits after a kill."
    },
    footer = {
      "",
      "Example:",
      "  dure node --study study.toml --home ko --region ko --hub https://hub.example:8402",
      "  round 1: training 38 of 800"
    },
    subcommands = {NodeCommand.Request.class, NodeCommand.Terms.class})
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

  @Mixin private EffortOptions effort;
  @Mixin private AcceptOptions accept;

  @Option(
      names = "--proxy",
      paramLabel = "URL",
      description = {
        "An HTTP proxy on the way,",
        "http://[USER:PASSWORD@]HOST:PORT",
        "(default: HTTPS_PROXY, unless NO_PROXY names the hub)."
      })
  private @Nullable String proxy;

  @Spec private CommandSpec spec;

  /// A study that this region has finished.
  ///
  /// @param home where its model is
  record Result(String study, String region, String home) {}

  @Override
  public Integer call() throws InterruptedException {
    if (study == null || home == null || name == null || hub == null) {
      throw new ParameterException(
          spec.commandLine(), "--study FILE, --home DIR, --region NAME and --hub URL are needed");
    }
    Settings settings = Settings.of(study);
    overrides.forEach(settings::set);
    WorkloadConfig workloadConfig = WorkloadConfig.of(settings);
    Study.Region member = workloadConfig.study().member(name);
    RegionLayout region = RegionLayout.of(home, spec.name());
    Output output = Output.of(spec);
    Optional<HttpProxy> way =
        proxy == null ? HttpProxy.of(hub, System.getenv()) : Optional.of(HttpProxy.of(proxy));
    accept.require(region, workloadConfig, member, output);
    NodeRun.work(
        workloadConfig, member, region, hub, effort.effort(), output.way(), way, node -> () -> {});
    Result result = new Result(workloadConfig.study().name(), name, home.toString());
    output.result(result, "study %s is finished".formatted(result.study()));
    output.next(
        "dure release --name %s --language %s --model %s --evaluation %s --key %s --out DIR",
        name,
        member.language(),
        home.resolve("model"),
        home.resolve("evaluation.json"),
        home.resolve("key.pem"));
    return 0;
  }

  /// `dure node terms`.
  @Command(
      name = "terms",
      mixinStandardHelpOptions = true,
      description = {
        "Shows what a study would take out of a region, beside the site's policy.",
        "",
        "Its last line is the digest that --accept takes. With --accept they are accepted, also"
            + " anew: what has left before counts no more."
      },
      footer = {"", "Example:", "  dure node terms --study study.toml --home ko --region ko"})
  static final class Terms implements Callable<Integer> {
    @Mixin private AcceptOptions accept;
    @Mixin private TermsLanguageOptions language;

    @Option(
        names = "--study",
        required = true,
        paramLabel = "FILE",
        description = "The study (TOML).")
    private Path study;

    @Option(
        names = "--home",
        required = true,
        paramLabel = "DIR",
        description = "The region's own folder.")
    private Path home;

    @Option(
        names = "--region",
        required = true,
        paramLabel = "NAME",
        description = "Its name in the study.")
    private String name;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      WorkloadConfig workloadConfig = WorkloadConfig.of(Settings.of(study));
      Output output = Output.of(spec);
      Study.Region member = workloadConfig.study().member(name);
      ConsentDesk desk =
          new ConsentDesk(
              RegionLayout.of(home, spec.name()),
              workloadConfig,
              member,
              language.of(member),
              output);
      desk.remark();
      output.result(desk.terms(), desk.text());
      accept.again(desk);
      return 0;
    }
  }

  /// `dure node request`.
  @Command(
      name = "request",
      mixinStandardHelpOptions = true,
      description = {
        "Makes the region's key and a request for the hub's operator to admit the region.",
        "",
        "The key never leaves the region's home."
      },
      footer = {
        "",
        "Example:",
        "  dure node request --home ko --region ko --out ko.request.pem",
        "  send ko.request.pem to the hub's operator; the key stays in ko"
      })
  static final class Request implements Callable<Integer> {
    @Option(
        names = "--home",
        required = true,
        paramLabel = "DIR",
        description = "The region's own folder.")
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

    /// @param request its file
    record Result(String region, String request) {}

    @Override
    public Integer call() {
      CertificateRequest request = Identities.request(RegionLayout.of(home, spec.name()), name);
      request.write(out);
      Output output = Output.of(spec);
      output.result(
          new Result(name, out.toString()),
          "send %s to the hub's operator; the key stays in %s".formatted(out, home));
      output.next("at the hub: dure hub admit --home DIR --request %s --out DIR", out);
      return 0;
    }
  }
}
