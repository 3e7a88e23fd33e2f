package org.dure.app.home;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.dure.app.process.Ports;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Printable;
import org.dure.core.Settings;

/// The folder of a hub that `dure hub init` made.
///
/// ```
/// hub/
///   hub.toml        where it listens, and under which address regions reach it
///   study.toml      the study, every setting with the value that holds
///   authority/ key.pem certificate.pem register/   see org.dure.provenance
///   scratch/        while the common preparation is made; nothing stays in it
///   rounds.sqlite sqlite/ published/ received/ head.key    see org.dure.federation
/// ```
public record HubHome(Path path) {
  /// The folder that a verb of the hub's was given.
  ///
  /// @param verb as the user gave it, e.g. `invite`
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] if it is a region's
  public static HubHome of(Path path, String verb) {
    HomeKind.HUB.require(path, verb);
    return new HubHome(path);
  }

  /// The folder in which a hub's home is made, or was before.
  ///
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] if it is a region's, or holds what is of
  ///     no home
  public static HubHome toMake(Path path) {
    HomeKind.HUB.requireRoom(path, "init");
    return new HubHome(path);
  }

  /// How the hub is reached.
  ///
  /// @param url by which regions reach it
  /// @param address and `port` on which it listens
  public record Reach(URI url, String address, int port) {}

  /// In which a hub writes its console's address while it runs, for the commands on its machine.
  public Path consoleAddress() {
    return path.resolve("console.address");
  }

  public Path study() {
    return path.resolve("study.toml");
  }

  private Path file() {
    return path.resolve("hub.toml");
  }

  boolean isInitialised() {
    return Files.exists(file());
  }

  /// Empty in a home that `dure hub init` did not make.
  public Optional<Reach> reach() {
    if (!isInitialised()) {
      return Optional.empty();
    }
    Settings settings = Settings.of(file());
    String url = settings.required("url");
    String address = settings.string("address", "127.0.0.1");
    int port = settings.integer("port", Ports.HUB, 0, 65_535);
    settings.finish();
    return Optional.of(new Reach(URI.create(url), address, port));
  }

  public void write(Reach reach) {
    AtomicFiles.write(
        file(),
        "url = \"%s\"%naddress = \"%s\"%nport = %d%n"
            .formatted(reach.url(), reach.address(), reach.port()));
  }

  /// The study that the home holds.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MISSING]
  public Path requireStudy() {
    if (!Files.exists(study())) {
      throw new DureException(
          ErrorCode.INPUT_MISSING,
          "%s holds no study: make the home with dure hub init --home %s --study FILE"
              .formatted(path, Printable.shellWord(path)));
    }
    return study();
  }

  /// A fingerprint as people read it out: groups of four digits.
  public static String spoken(String fingerprint) {
    return fingerprint.replaceAll("(.{4})(?!$)", "$1 ");
  }

  /// Names as a list for people.
  public static String named(List<String> names) {
    return names.stream().collect(Collectors.joining(", "));
  }
}
