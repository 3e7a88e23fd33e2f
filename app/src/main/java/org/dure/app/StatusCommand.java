package org.dure.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.dure.app.home.HubHome;
import org.dure.app.process.Ports;
import org.dure.app.terminal.LanguageNames;
import org.dure.app.terminal.Output;
import org.dure.console.Messages;
import org.dure.console.StatusTable;
import org.dure.console.View;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Printable;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.Study;
import org.dure.federation.status.StudyStatus;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `dure status`: which region has a problem, and what it is.
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "Shows where a study stands: one line a region, with what is wrong with it in words.",
      "",
      "Asks the console of a hub that runs; --json gives what its /api/status says. The numbers are"
          + " those of the console's pages and of its /metrics; docs/operating.md says what each"
          + " means."
    },
    footer = {
      "",
      "Example:",
      "  dure status --home hub",
      "  demo  Round 8 of 15 is open: 4 of 4 regions are present, 1 has contributed."
    })
@SuppressWarnings("NullAway.Init")
final class StatusCommand implements Callable<Integer> {

  private static final int ROUNDS = 20;
  private static final long WATCH_MILLIS = 2_000;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String CLEAR = "\u001b[H\u001b[2J\u001b[3J";

  @Option(
      names = "--console",
      paramLabel = "URL",
      description = "The hub's console (default: http://127.0.0.1:" + Ports.CONSOLE + ").")
  private @Nullable URI console;

  @Option(
      names = "--home",
      paramLabel = "HUB",
      description = "The folder of a hub that runs on this machine, instead of --console.")
  private @Nullable Path home;

  @Option(
      names = "--watch",
      description = "Shows it again every two seconds, until it is finished.")
  private boolean watch;

  @Option(
      names = "--language",
      paramLabel = "CODE",
      converter = LanguageNames.class,
      description = "Language of the words: ko, ja, fr, vi or en (default: this system's).")
  private @Nullable String language;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (console != null && home != null) {
      throw new ParameterException(
          spec.commandLine(), "give --console URL or --home HUB, not both");
    }
    if (language != null && !Messages.LANGUAGES.contains(language)) {
      throw new ParameterException(
          spec.commandLine(),
          "--language %s: expected one of %s".formatted(language, Messages.LANGUAGES));
    }
    PrintWriter out = spec.commandLine().getOut();
    boolean json = Output.of(spec).isJson();
    boolean terminal = Ansi.AUTO.enabled();
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
      boolean seen = false;
      while (true) {
        byte[] answer;
        try {
          answer = ask(client, address());
        } catch (DureException e) {
          if (!watch || !seen || e.code() != ErrorCode.PEER_UNREACHABLE) {
            throw e;
          }
          Output.of(spec).note(String.valueOf(e.getMessage()));
          Thread.sleep(WATCH_MILLIS);
          continue;
        }
        seen = true;
        StudyStatus status = parse(answer);
        checkHome(status);
        if (json) {
          out.println(Printable.json(new String(answer, StandardCharsets.UTF_8)));
        } else {
          out.print(watch && terminal ? CLEAR : "");
          out.print(
              terminal ? StatusTable.coloured(view(status)) : StatusTable.plain(view(status)));
        }
        out.flush();
        if (!watch || status.progress().phase() == Phase.FINISHED) {
          return 0;
        }
        out.print(json || terminal ? "" : "\n");
        Thread.sleep(WATCH_MILLIS);
      }
    }
  }

  private View view(StudyStatus status) {
    String system = Locale.getDefault().toLanguageTag();
    String chosen = Messages.choose(language == null ? "" : language, "", system);
    return new View(status, Messages.of(chosen), ZoneId.systemDefault(), "/");
  }

  private URI address() {
    if (home == null) {
      return console == null ? URI.create("http://127.0.0.1:" + Ports.CONSOLE) : console;
    }
    Path file = HubHome.of(home, spec.name()).consoleAddress();
    AtomicFiles.requireFile(file);
    try {
      return URI.create(Files.readString(file).strip());
    } catch (IOException e) {
      throw new DureException(
          ErrorCode.PEER_UNREACHABLE,
          "no hub runs on %s: it has no %s, which a hub writes while it runs; %s"
              .formatted(home, file.getFileName(), start(home)),
          e);
    }
  }

  private static String start(Path home) {
    return "start it: dure hub --home " + Printable.shellWord(home);
  }

  /// A hub that was killed leaves its address behind, and another may have the port since.
  private void checkHome(StudyStatus status) {
    if (home == null || !Files.exists(new HubHome(home).study())) {
      return;
    }
    AtomicFiles.requireFile(new HubHome(home).study());
    try {
      Study own = Study.recorded(Files.readString(new HubHome(home).study()));
      if (!own.digest().equals(status.digest())) {
        throw new DureException(
            ErrorCode.PEER_UNREACHABLE,
            "no hub runs on %s: it was killed, and %s is the console of study %s by now; %s"
                .formatted(home, address(), Printable.line(status.study()), start(home)));
      }
    } catch (IOException e) {
      throw DureException.io("read", home, e);
    }
  }

  private byte[] ask(HttpClient client, URI address) throws InterruptedException {
    URI asked = address.resolve("/api/status?rounds=" + ROUNDS);
    try {
      HttpRequest request = HttpRequest.newBuilder(asked).timeout(PATIENCE).build();
      HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      if (answer.statusCode() == 200) {
        return answer.body();
      }
      throw new DureException(
          ErrorCode.PEER_MISBEHAVED,
          "%s answers with HTTP %d: expected a hub's console"
              .formatted(asked, answer.statusCode()));
    } catch (IOException | IllegalArgumentException e) {
      throw new DureException(
          ErrorCode.PEER_UNREACHABLE,
          home == null
              ? "no console answers at %s: is the hub running, and is that its --console-port?"
                  .formatted(address)
              : "no hub runs on %s: it was killed, nothing answers at %s; %s"
                  .formatted(home, address, start(home)),
          e);
    }
  }

  private static StudyStatus parse(byte[] answer) {
    try {
      return Json.read(answer, StudyStatus.class);
    } catch (DureException e) {
      throw new DureException(
          ErrorCode.PEER_MISBEHAVED,
          "that is no status that this version of Dure reads: " + e.getMessage(),
          e);
    }
  }
}
