package org.dure.app.home;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Printable;
import org.dure.core.Settings;
import org.dure.federation.client.HttpProxy;
import org.dure.federation.protocol.Study;

/// What `dure region init` put into a region's home: which region of which hub it is.
///
/// `region.toml` holds `hub`, `region`, `language`, `authority` and `proxy`; it is the owner's
/// alone to read, since a proxy's address may hold a password.
///
/// @param authority fingerprint of the key of the study's authority
/// @param proxy as given; empty for what the environment says
public record RegionHome(URI hub, String region, String language, String authority, String proxy) {
  public static Path file(RegionLayout home) {
    return home.path().resolve("region.toml");
  }

  public static Path study(RegionLayout home) {
    return home.path().resolve("study.toml");
  }

  /// Name of the study that the home was admitted to; empty if to none.
  public static Optional<String> studyName(RegionLayout home) {
    return Files.exists(study(home))
        ? Optional.of(Settings.of(study(home)).required("name"))
        : Optional.empty();
  }

  static boolean isIn(RegionLayout home) {
    return Files.exists(file(home));
  }

  /// @throws DureException with [ErrorCode#INPUT_MISSING] if the folder is not a region's home
  public static RegionHome read(RegionLayout home) {
    if (!isIn(home)) {
      throw new DureException(
          ErrorCode.INPUT_MISSING,
          "%s is no region's home: make it with dure region init --home %s --invitation CODE"
              .formatted(home.path(), Printable.shellWord(home.path())));
    }
    Settings settings = Settings.of(file(home));
    String hub = settings.required("hub");
    String region = settings.required("region");
    String language = settings.required("language");
    String authority = settings.required("authority");
    String proxy = settings.string("proxy", "");
    settings.finish();
    return new RegionHome(URI.create(hub), region, language, authority, proxy);
  }

  void write(RegionLayout home) {
    String text =
        "hub = \"%s\"%nregion = \"%s\"%nlanguage = \"%s\"%nauthority = \"%s\"%nproxy = \"%s\"%n"
            .formatted(
                hub,
                region,
                language,
                authority,
                proxy.replace("\\", "\\\\").replace("\"", "\\\""));
    AtomicFiles.write(file(home), text);
  }

  /// The way to the hub.
  public Optional<HttpProxy> way() {
    return proxy.isEmpty() ? HttpProxy.of(hub, System.getenv()) : Optional.of(HttpProxy.of(proxy));
  }

  public Study.Region member() {
    return new Study.Region(region, language);
  }
}
