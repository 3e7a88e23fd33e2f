package org.dure.app;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.dure.app.home.HubHome;
import org.dure.app.options.Overrides;
import org.dure.app.process.Ports;
import org.dure.app.terminal.LanguageNames;
import org.dure.app.terminal.Output;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Printable;
import org.dure.core.Settings;
import org.dure.federation.protocol.Study;
import org.dure.provenance.Certificates;
import org.dure.provenance.InvitationCode;
import org.dure.provenance.KeyFiles;
import org.dure.provenance.Register;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The commands with which a hub's operator decides who takes part. They work on the files of the
/// hub's home, whether the hub runs or not; a running one notices within a second.
final class HubJoining {
  private static final InstantSource CLOCK = InstantSource.system();

  /// Longest days of an invitation and of a certificate.
  private static final int MOST_INVITED = 365;

  private static final int MOST_CERTIFIED = 3650;

  private static final String LOOPBACK = "127.0.0.1";

  private HubJoining() {}

  private static Duration span(CommandSpec spec, int days, int most) {
    if (days < 1 || days > most) {
      throw new ParameterException(
          spec.commandLine(), "--days %d: expected 1 to %d".formatted(days, most));
    }
    return Duration.ofDays(days);
  }

  /// `dure hub init`.
  @Command(
      name = "init",
      mixinStandardHelpOptions = true,
      description = {
        "Makes a hub's home: the study's authority, the hub's certificate, the study.",
        "Whoever can read the home decides who takes part: keep it as a secret."
      },
      footer = {
        "",
        "Example:",
        "  dure hub init --home hub --study study.toml --host hub.example",
        "  the hub of study demo is https://hub.example:8402; start it: dure hub --home hub"
      })
  @SuppressWarnings("NullAway.Init")
  static final class Init implements Callable<Integer> {
    @Option(names = "--home", required = true, paramLabel = "DIR", description = "To be made.")
    private Path home;

    @Option(
        names = "--study",
        required = true,
        paramLabel = "FILE",
        description = "The study (TOML).")
    private Path study;

    @Mixin private Overrides overrides;

    @Option(
        names = "--host",
        paramLabel = "NAME",
        description =
            "A name or address under which regions reach the hub; the first is invited to.")
    private List<String> hosts = new ArrayList<>();

    @Option(
        names = "--port",
        paramLabel = "P",
        description = "For regions (default: as before, else " + Ports.HUB + ").")
    private @Nullable Integer port;

    @Option(
        names = "--address",
        paramLabel = "ADDRESS",
        description =
            "To listen on (default: 0.0.0.0 if there is a --host, or that --host itself if it is"
                + " this machine's own loopback; else as before, else 127.0.0.1).")
    private @Nullable String address;

    @Option(
        names = "--url",
        paramLabel = "URL",
        description = {
          "By which regions reach the hub, where it is not https://HOST:PORT",
          "(default, without --host and --port: as before)."
        })
    private @Nullable URI url;

    @Spec private CommandSpec spec;

    /// @param url by which regions reach the hub
    /// @param authority fingerprint of its key
    /// @param deltaBytes that the hub's disk holds in the end: of every region in every round
    record Result(String study, String url, String authority, long deltaBytes) {}

    @Override
    public Integer call() {
      HubHome hub = HubHome.toMake(home);
      Settings settings = overrides.of(study);
      WorkloadConfig workload = WorkloadConfig.of(settings);
      Study agreed = workload.study();
      if (Files.exists(hub.study())
          && !Study.recorded(readString(hub.study())).digest().equals(agreed.digest())) {
        throw new DureException(
            ErrorCode.HOME_CONFLICT,
            "%s is the home of another study: use another folder".formatted(home));
      }
      HubHome.Reach reach = reach(hub.reach());
      Register register = Register.of(home, CLOCK);
      List<String> names = new ArrayList<>(hosts);
      if (url != null && url.getHost() != null) {
        names.add(url.getHost());
      }
      if (!register.initialise(agreed.name(), names)
          && !Certificates.hosts(register.hubCertificate()).containsAll(names)) {
        Register.Issued unused = register.renewHub(names);
      }
      if (!Files.exists(hub.study())) {
        AtomicFiles.write(hub.study(), agreed.toml());
      }
      hub.write(reach);
      String authority = KeyFiles.fingerprint(register.authority().certificate().getPublicKey());
      long bytes = 4 * workload.initialWeights().layout().elements();
      long deltas = agreed.plannedBytes(bytes, agreed.regions().size());
      Output output = Output.of(spec);
      output.result(
          new Result(agreed.name(), reach.url().toString(), authority, deltas),
          ("the hub of study %s is %s; start it: dure hub --home %s%nfingerprint of its authority:"
                  + " %s%ndisk of the hub: at most %s of deltas, %s of %s with %s each, all kept")
              .formatted(
                  agreed.name(),
                  reach.url(),
                  Printable.shellWord(home),
                  HubHome.spoken(authority),
                  size(deltas),
                  Output.counted(agreed.schedule().rounds(), "round"),
                  Output.counted(agreed.regions().size(), "region"),
                  size(bytes)));
      output.next("dure hub --home %s, and dure hub invite --home %s --region NAME", home, home);
      return 0;
    }

    /// How the hub is reached: what is not said stays as it was.
    private HubHome.Reach reach(Optional<HubHome.Reach> before) {
      int at = port != null ? port : before.map(HubHome.Reach::port).orElse(Ports.HUB);
      String listen =
          address != null
              ? address
              : hosts.isEmpty()
                  ? before.map(HubHome.Reach::address).orElse(LOOPBACK)
                  : loopback().orElse("0.0.0.0");
      return new HubHome.Reach(url(before, at), listen, at);
    }

    /// A hub that is reached on this machine only listens to nobody else.
    private Optional<String> loopback() {
      List<String> plain = hosts.stream().map(host -> host.replaceAll("[\\[\\]]", "")).toList();
      boolean only =
          plain.stream()
              .allMatch(
                  host ->
                      host.equalsIgnoreCase("localhost")
                          || host.matches("127(\\.[0-9]{1,3}){3}")
                          || host.matches("(0*:)+0*1"));
      return only
          ? Optional.of(
              plain.getFirst().equalsIgnoreCase("localhost") ? LOOPBACK : plain.getFirst())
          : Optional.empty();
    }

    private URI url(Optional<HubHome.Reach> before, int at) {
      if (url != null) {
        return url;
      }
      if (before.isPresent() && hosts.isEmpty() && port == null) {
        return before.get().url();
      }
      String host =
          hosts.isEmpty()
              ? before.map(found -> found.url().getHost()).orElse(LOOPBACK)
              : hosts.getFirst();
      return URI.create("https://%s:%d".formatted(bracketed(host), at));
    }

    private static String size(long bytes) {
      return bytes < 1_000_000
          ? String.format(Locale.ROOT, "%,.1f kB", bytes / 1e3)
          : String.format(Locale.ROOT, "%,.1f MB", bytes / 1e6);
    }

    private static String bracketed(String host) {
      return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    }
  }

  static String readString(Path file) {
    AtomicFiles.requireFile(file);
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }

  /// What every command here needs.
  @SuppressWarnings("NullAway.Init")
  abstract static class OnHome implements Callable<Integer> {
    @Option(names = "--home", required = true, paramLabel = "DIR", description = "The hub's own.")
    Path home;

    @Spec CommandSpec spec;

    HubHome hub() {
      return HubHome.of(home, spec.name());
    }

    Register register() {
      return Register.of(hub().path(), CLOCK);
    }

    Output output() {
      return Output.of(spec);
    }
  }

  /// `dure hub invite`.
  @Command(
      name = "invite",
      mixinStandardHelpOptions = true,
      description = {
        "Prints the code with which one region can ask, once, to be admitted.",
        "The hub keeps only a hash of its secret."
      },
      footer = {
        "",
        "Example:",
        "  dure hub invite --home hub --region ko --language ko",
        "  DURE1-04XKD9W3-..."
      })
  @SuppressWarnings("NullAway.Init")
  static final class Invite extends OnHome {
    @Option(
        names = "--region",
        required = true,
        paramLabel = "NAME",
        description = "The region's name; one that the study does not have joins it.")
    private String region;

    @Option(
        names = "--language",
        paramLabel = "CODE",
        converter = LanguageNames.class,
        description = "Of the region (default: what the study says of it).")
    private @Nullable String language;

    @Option(
        names = "--days",
        defaultValue = "7",
        paramLabel = "N",
        description = "Until the code expires, 1 to 365 (default: ${DEFAULT-VALUE}).")
    private int days;

    /// @param code for the region's operator
    /// @param expires when it holds no more
    record Result(String code, String region, String language, String expires) {}

    @Override
    public Integer call() {
      HubHome hub = hub();
      Study study = Study.recorded(readString(hub.requireStudy()));
      Optional<Study.Region> named =
          study.regions().stream().filter(one -> one.name().equals(region)).findFirst();
      String spoken = language != null ? language : named.map(Study.Region::language).orElse(null);
      if (spoken == null) {
        throw new DureException(
            ErrorCode.USAGE,
            "the study has no region \"%s\" (it has %s): say --language CODE to have it join"
                .formatted(
                    region,
                    HubHome.named(study.regions().stream().map(Study.Region::name).toList())));
      }
      if (named.isPresent() && !named.get().language().equals(spoken)) {
        throw new DureException(
            ErrorCode.CONFIGURATION_INVALID,
            "--language %s: the study says that %s speaks %s"
                .formatted(spoken, region, named.get().language()));
      }
      URI url =
          hub.reach()
              .map(HubHome.Reach::url)
              .orElseThrow(
                  () ->
                      new DureException(
                          ErrorCode.INPUT_MISSING,
                          "%s does not say how the hub is reached: dure hub init --home %s"
                              .formatted(home, Printable.shellWord(home))));
      InvitationCode code = register().invite(url, region, spoken, span(spec, days, MOST_INVITED));
      Output output = output();
      output.result(
          new Result(code.text(), region, spoken, code.expires().toString()), code.text());
      output.note(
          "for one region, %s (%s), until %s: send it by a way that you trust"
              .formatted(region, spoken, code.expires()));
      output.next("at the region: dure region init --home DIR --invitation CODE");
      return 0;
    }
  }

  /// `dure hub approve`.
  @Command(
      name = "approve",
      mixinStandardHelpOptions = true,
      description = {
        "Certifies the region that asks; if the study does not name it, it joins the study.",
        "A running hub notices within a second."
      },
      footer = {
        "",
        "Example:",
        "  dure hub approve --home hub --region ko",
        "  ko is admitted until 2027-11-22T09:31:00Z"
      })
  @SuppressWarnings("NullAway.Init")
  static final class Approve extends OnHome {
    @Option(
        names = "--region",
        required = true,
        paramLabel = "NAME",
        description = "Of the region that asks.")
    private String region;

    @Option(
        names = "--key",
        defaultValue = "",
        paramLabel = "DIGITS",
        description = "Only if the key's fingerprint begins so.")
    private String key;

    @Option(
        names = "--days",
        defaultValue = "365",
        paramLabel = "N",
        description = "Until the certificate expires, 1 to 3650; it is renewed by itself in time.")
    private int days;

    /// @param until when its certificate ends
    record Result(String region, String until) {}

    @Override
    public Integer call() {
      String digits = key.replace(" ", "").toLowerCase(Locale.ROOT);
      Register.Issued issued = register().approve(region, digits, span(spec, days, MOST_CERTIFIED));
      Output output = output();
      output.result(
          new Result(region, issued.validity().to()),
          "%s is admitted until %s".formatted(region, issued.validity().to()));
      output.next("dure hub --home %s, if it does not run yet", home);
      return 0;
    }
  }

  /// `dure hub renew`.
  @Command(
      name = "renew",
      mixinStandardHelpOptions = true,
      description = {
        "Gives the hub a new certificate for its key; a running hub takes it up within a second.",
        "A running hub also does so by itself when less than a third of the time is left."
      },
      footer = {
        "",
        "Example:",
        "  dure hub renew --home hub",
        "  the hub's certificate is valid until 2027-11-22T09:31:00Z"
      })
  static final class Renew extends OnHome {
    @Option(
        names = "--host",
        paramLabel = "NAME",
        description = "The names from now on (default: as before).")
    private List<String> hosts = new ArrayList<>();

    /// @param until when the certificate ends
    record Result(String until) {}

    @Override
    public Integer call() {
      Register.Issued issued = register().renewHub(hosts);
      output()
          .result(
              new Result(issued.validity().to()),
              "the hub's certificate is valid until %s".formatted(issued.validity().to()));
      return 0;
    }
  }
}
