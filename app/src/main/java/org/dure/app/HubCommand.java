package org.dure.app;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.dure.app.home.HomeRegistrar;
import org.dure.app.home.HubHome;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionLayout;
import org.dure.app.options.Overrides;
import org.dure.app.process.Ports;
import org.dure.app.release.ShownReleases;
import org.dure.app.release.Trust;
import org.dure.app.terminal.Output;
import org.dure.app.workload.WorkloadConfig;
import org.dure.console.Console;
import org.dure.console.ConsoleExtras;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Settings;
import org.dure.federation.hub.Ledger;
import org.dure.federation.log.PostgresRoundStore;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.Study;
import org.dure.federation.server.HubServer;
import org.dure.federation.server.Registrar;
import org.dure.federation.status.StudyStatus;
import org.dure.provenance.CertificateRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `dure hub`: where the regions' work is merged.
@Command(
    name = "hub",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the hub of a study, with its console.",
      "",
      "It takes what the regions' nodes send, merges it round by round and keeps a durable log of"
          + " it. Killed at any time, it goes on where it was."
    },
    footer = {
      "",
      "Example:",
      "  dure hub --study study.toml --home hub",
      "  study demo (189dc580153a...): 4 regions, 20 rounds of 40 steps",
      "  regions: https://127.0.0.1:8402   console: http://127.0.0.1:8401/"
    },
    subcommands = {
      HubJoining.Init.class,
      HubJoining.Invite.class,
      HubRequests.class,
      HubJoining.Approve.class,
      HubRevoke.class,
      HubJoining.Renew.class,
      HubCommand.Admit.class
    })
@SuppressWarnings("NullAway.Init")
final class HubCommand implements Callable<Integer> {
  private static final long POLL_MILLIS = 500;

  /// Regions hear that their scores have arrived before the hub goes.
  private static final long STORE_MILLIS = 2_000;
  private static final long LINGER_MILLIS = 5_000;

  @Option(
      names = "--study",
      paramLabel = "FILE",
      description = "The study (TOML); by default the one that dure hub init put into the home.")
  private @Nullable Path study;

  @Option(names = "--home", paramLabel = "DIR", description = "The hub's own folder.")
  private @Nullable Path home;

  @Mixin private Overrides overrides;

  @Option(
      names = "--address",
      paramLabel = "ADDRESS",
      description = "Address to listen on for regions (default: as initialised, else 127.0.0.1).")
  private @Nullable String address;

  @Option(
      names = "--host",
      paramLabel = "NAME",
      description = "A name or address under which regions reach the hub, for its certificate.")
  private List<String> hosts = new ArrayList<>();

  @Option(
      names = "--port",
      paramLabel = "P",
      description =
          "Port for regions; 0 for any (default: as initialised, else " + Ports.HUB + ").")
  private @Nullable Integer port;

  @Option(
      names = "--console-port",
      defaultValue = "" + Ports.CONSOLE,
      paramLabel = "P",
      description = "Port of the console on this machine; 0 for any (default: ${DEFAULT-VALUE}).")
  private int consolePort;

  @Option(
      names = "--store",
      paramLabel = "URL",
      description = {
        "Where the log is kept, if not in the hub's folder:",
        "jdbc:postgresql://HOST/DATABASE?user=USER; the password comes from the environment"
            + " (PGPASSWORD) or from .pgpass."
      })
  private @Nullable String store;

  @Option(names = "--report", paramLabel = "DIR", description = "A report for the console to show.")
  private @Nullable Path report;

  @Option(
      names = "--releases",
      paramLabel = "DIR",
      description = "A folder of releases for the console to show.")
  private @Nullable Path releases;

  @Option(
      names = "--trust",
      paramLabel = "PATH",
      description = {
        "A trust.toml with the keys whose releases you trust, or a folder of public keys;",
        "the console calls others self-signed."
      })
  private @Nullable Path trust;

  @Option(
      names = "--chat",
      paramLabel = "URL",
      description = "Where those releases answer (dure serve), for the console to link to.")
  private @Nullable URI chat;

  @Option(
      names = "--exit-when-finished",
      description = "End once every region has published its scores.")
  private boolean exitWhenFinished;

  @Spec private CommandSpec spec;

  /// A hub that listens.
  ///
  /// @param digest of the study
  /// @param address by which regions reach it
  /// @param console for people on this machine
  record Result(
      String study,
      String digest,
      int regions,
      int rounds,
      int steps,
      String address,
      String console) {}

  @Override
  public Integer call() throws InterruptedException {
    if (home == null) {
      throw new ParameterException(
          spec.commandLine(), "--home DIR is needed (and --study FILE without dure hub init)");
    }
    if (trust != null && Files.exists(trust)) {
      Trust unused = Trust.of(trust);
    }
    HubHome hub = HubHome.of(home, spec.name());
    Settings settings = overrides.of(study == null ? hub.requireStudy() : study);
    WorkloadConfig workloadConfig = WorkloadConfig.of(settings);
    Study agreed = workloadConfig.study();
    Output output = Output.of(spec);
    Identities.initialiseHub(home, agreed.name(), hosts);
    HubHome.Reach reach =
        hub.reach()
            .orElse(new HubHome.Reach(URI.create("https://127.0.0.1"), "127.0.0.1", Ports.HUB));
    InetSocketAddress listen =
        new InetSocketAddress(
            address == null ? reach.address() : address, port == null ? reach.port() : port);
    try (HomeRegistrar registrar =
            new HomeRegistrar(home, agreed, InstantSource.system(), output::say);
        HubServer server = start(setup(workloadConfig, home, listen, registrar), output);
        Console console = console(server)) {
      say(
          output,
          agreed,
          hub.reach()
              .filter(found -> found.port() == server.port())
              .map(found -> found.url().toString())
              .orElse("https://%s:%d".formatted(listen.getHostString(), server.port())),
          console.address().toString());
      Path address = hub.consoleAddress();
      AtomicFiles.write(address, console.address() + "\n");
      try {
        registrar.serve(server);
        follow(server, home.resolve("ledger"), output);
        output.next("dure replay --ledger %s --hub %s", home.resolve("ledger"), home);
      } finally {
        AtomicFiles.delete(address);
      }
    }
    return 0;
  }

  private Console console(HubServer server) {
    try {
      return Console.start(
          server::status,
          new ConsoleExtras(
              () -> Optional.ofNullable(report).filter(Files::isDirectory),
              shown(server),
              Optional.ofNullable(chat)),
          "127.0.0.1",
          consolePort);
    } catch (DureException e) {
      throw Ports.naming(e, "--console-port P, 0 for any");
    }
  }

  private static void say(Output output, Study study, String address, String console) {
    Result result =
        new Result(
            study.name(),
            study.digest(),
            study.regions().size(),
            study.schedule().rounds(),
            study.schedule().steps(),
            address,
            console);
    output.result(
        result,
        "study %s (%s...): %s, %s of %s%nregions: %s   console: %s"
            .formatted(
                result.study(),
                result.digest().substring(0, 12),
                Output.counted(result.regions(), "region"),
                Output.counted(result.rounds(), "round"),
                Output.counted(result.steps(), "step"),
                result.address(),
                result.console()));
  }

  /// A database that is away when the hub starts, as after a power failure, is waited for as one
  /// that goes away later.
  private HubServer start(HubServer.Setup setup, Output output) throws InterruptedException {
    try {
      return opened(setup, output);
    } catch (DureException e) {
      throw Ports.naming(
          e,
          "--port P of dure hub init (regions that were invited before know the old one), or of"
              + " dure hub");
    }
  }

  private HubServer opened(HubServer.Setup setup, Output output) throws InterruptedException {
    if (store == null) {
      return HubServer.start(setup);
    }
    Optional<String> password = Optional.ofNullable(System.getenv("PGPASSWORD"));
    String said = "";
    while (true) {
      try {
        return HubServer.start(setup, PostgresRoundStore.open(setup.folder(), store, password));
      } catch (DureException e) {
        if (e.code() != ErrorCode.STORE_UNREACHABLE) {
          throw e;
        }
        String now = e.report();
        if (!now.equals(said)) {
          output.say("waiting for the database: " + now);
          said = now;
        }
      }
      Thread.sleep(STORE_MILLIS);
    }
  }

  private static HubServer.Setup setup(
      WorkloadConfig workloadConfig, Path folder, InetSocketAddress listen, Registrar registrar) {
    return new HubServer.Setup(
        workloadConfig.study(),
        folder,
        listen,
        Identities.hub(folder),
        workloadConfig::initialWeights,
        workloadConfig.commonPreparation(folder.resolve("scratch")),
        InstantSource.system(),
        registrar);
  }

  /// Says what happens; writes the ledger when the study has finished.
  private void follow(HubServer server, Path ledger, Output output) throws InterruptedException {
    String said = "";
    Optional<DureException> trouble = Optional.empty();
    Optional<String> unwritten = Optional.empty();
    long back = 0;
    int written = 0;
    while (true) {
      StudyStatus status = server.status();
      back = sayByRule(status, back, output);
      String now =
          "%s, round %d of %d"
              .formatted(
                  status.progress().phase(), status.progress().round(), status.progress().rounds());
      if (!now.equals(said)) {
        output.say(now.toLowerCase(Locale.ROOT));
        said = now;
      }
      if (!server.pauseReason().equals(trouble)) {
        trouble = server.pauseReason();
        output.say(trouble.map(e -> "paused: " + e.report()).orElse("going on"));
      }
      if (status.progress().phase() == Phase.FINISHED) {
        int round = status.progress().round();
        Optional<DureException> failure =
            written == round ? Optional.empty() : write(server, ledger, round);
        written = failure.isEmpty() ? round : written;
        if (exitWhenFinished) {
          Thread.sleep(LINGER_MILLIS);
          if (failure.isPresent()) {
            throw failure.get();
          }
          return;
        }
        if (!failure.map(DureException::getMessage).equals(unwritten)) {
          unwritten = failure.map(DureException::getMessage);
          failure.ifPresent(e -> output.say("the ledger is not written yet: " + e.report()));
        }
        if (failure.isPresent()) {
          Thread.sleep(LINGER_MILLIS);
        }
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /// The operator hears what the study's rule did; of their own decisions the registrar tells.
  ///
  /// @param since when what was last told of happened
  /// @return the same from now on
  private static long sayByRule(StudyStatus status, long since, Output output) {
    long now = since;
    for (StudyStatus.Return one : status.progress().undone().returns()) {
      if (one.time() > since && one.byRule()) {
        output.say(
            "rounds %d to %d are taken back by the study's rule (%s): it goes on with round %d"
                .formatted(one.from(), one.to(), one.reason(), one.to() + 1));
      }
      now = Math.max(now, one.time());
    }
    for (StudyStatus.Drop one : status.progress().undone().drops().newest()) {
      if (one.time() > since) {
        output.say("round %d is dropped: %s".formatted(one.round(), one.why()));
      }
      now = Math.max(now, one.time());
    }
    return now;
  }

  /// A full disk keeps the ledger back, not the hub, which goes on answering and tries again.
  private static Optional<DureException> write(HubServer server, Path ledger, int round) {
    try {
      boolean there =
          Files.isDirectory(ledger)
              && Ledger.lastRound(ledger, server.study()).equals(Optional.of(round));
      if (!there) {
        server.exportLedger(ledger);
      }
      return Optional.empty();
    } catch (DureException e) {
      return Optional.of(e);
    }
  }

  private Supplier<List<ConsoleExtras.Release>> shown(HubServer server) {
    return releases == null
        ? List::of
        : new ShownReleases(releases, trust, server.study(), server::isTakenBack)::now;
  }

  /// `dure hub admit`.
  @Command(
      name = "admit",
      mixinStandardHelpOptions = true,
      description = {
        "Certifies a region by its request, file by file.",
        "",
        "Reads the request that the region's operator made with dure node request, and writes"
            + " certificate.pem and authority.pem for the region's home."
      },
      footer = {
        "",
        "Example:",
        "  dure hub admit --home hub --request ko.request.pem --out for-ko",
        "  admitted ko: copy the files of for-ko into its home"
      })
  static final class Admit implements Callable<Integer> {
    @Option(
        names = "--home",
        required = true,
        paramLabel = "DIR",
        description = "The hub's own folder.")
    private Path home;

    @Option(
        names = "--request",
        required = true,
        paramLabel = "FILE",
        description = "The region's request.")
    private Path request;

    @Option(
        names = "--out",
        required = true,
        paramLabel = "DIR",
        description = "Folder that gets the two files.")
    private Path out;

    @Option(
        names = "--study-name",
        defaultValue = "study",
        paramLabel = "NAME",
        description = "Name of the study's authority, where the hub has none yet.")
    private String studyName;

    @Spec private CommandSpec spec;

    /// @param folder with the two files for the region's home
    record Result(String region, String folder) {}

    @Override
    public Integer call() {
      HubHome unused = HubHome.of(home, spec.name());
      RegionLayout into = RegionLayout.of(out, spec.name());
      Identities.initialiseHub(home, studyName, List.of());
      CertificateRequest asked = CertificateRequest.read(request);
      Identities.admit(home, asked, into.path());
      Output output = Output.of(spec);
      output.result(
          new Result(asked.region(), out.toString()),
          "admitted %s: copy the files of %s into its home".formatted(asked.region(), out));
      output.next("dure hub --home %s --study FILE", home);
      return 0;
    }
  }
}
