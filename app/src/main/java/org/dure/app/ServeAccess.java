package org.dure.app;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.HostGuard;
import org.dure.provenance.TlsFiles;
import org.dure.serving.Access;
import org.dure.serving.ApiKeys;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of `dure serve` that say who may ask: nobody beyond this machine without a key and
/// TLS, unless told so in a word.
final class ServeAccess {
  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      paramLabel = "ADDRESS",
      description = {
        "To listen on (default: ${DEFAULT-VALUE}). Beyond this machine only with --api-key-file,",
        "--tls-certificate and --tls-key, or with --insecure."
      })
  @SuppressWarnings("NullAway.Init")
  private String host;

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description = "Keys, one a line; clients must show one (Authorization: Bearer KEY).")
  private @Nullable Path apiKeys;

  @Option(
      names = "--tls-certificate",
      paramLabel = "FILE",
      description = "The server's certificate with those that issued it, in PEM: speaks HTTPS.")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "Its private key, in PEM; only its owner may read the file.")
  private @Nullable Path key;

  @Option(
      names = "--insecure",
      description =
          "Listen beyond this machine all the same: every network may ask, and read along.")
  private boolean insecure;

  @Option(
      names = "--allow-host",
      paramLabel = "NAME",
      description = "A further name under which clients ask, e.g. behind a proxy. Repeatable.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--allow-origin",
      paramLabel = "ORIGIN",
      description = {
        "Web pages of this origin may ask too, e.g.",
        "https://app.example.org; * lets all. Repeatable."
      })
  private List<String> origins = new ArrayList<>();

  /// The address to listen on.
  String host() {
    return host;
  }

  /// @throws DureException with [ErrorCode#USAGE] naming what is missing, or as the files' readers
  Access access() {
    if ((certificate == null) != (key == null)) {
      throw new DureException(
          ErrorCode.USAGE,
          "%s is missing: a certificate and its key go together"
              .formatted(key == null ? "--tls-key FILE" : "--tls-certificate FILE"));
    }
    if (!insecure && !isLoopback(host)) {
      List<String> missing = new ArrayList<>();
      if (apiKeys == null) {
        missing.add("--api-key-file FILE");
      }
      if (certificate == null) {
        missing.add("--tls-certificate FILE and --tls-key FILE");
      }
      if (!missing.isEmpty()) {
        throw new DureException(
            ErrorCode.USAGE,
            "--host %s lets other machines ask: give %s, or --insecure if the network is only yours"
                .formatted(host, String.join(" and ", missing)));
      }
    }
    HostGuard guard = HostGuard.of(host, names, origins);
    ApiKeys keys = apiKeys == null ? ApiKeys.NONE : ApiKeys.read(apiKeys);
    Optional<SSLContext> tls =
        certificate == null || key == null
            ? Optional.empty()
            : Optional.of(TlsFiles.context(certificate, key, Instant.now()));
    return new Access(guard, keys, tls);
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
