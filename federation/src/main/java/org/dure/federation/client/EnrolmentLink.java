package org.dure.federation.client;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.Wire;
import org.dure.federation.wire.TlsIdentity;

/// A region's way to its hub before it has a certificate, and for a new one.
///
/// Not a node's way: few small requests, each with a limit of time. Thread-safe.
public final class EnrolmentLink implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final URI hub;
  private final HttpClient client;

  private EnrolmentLink(URI hub, SSLContext context, Optional<HttpProxy> proxy) {
    this.hub = hub;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .sslContext(context)
            .connectTimeout(PATIENCE);
    this.client = proxy.map(way -> way.apply(builder)).orElse(builder).build();
  }

  /// To the hub whose authority has that key; nothing is shown to it.
  ///
  /// @param authority SHA-256 of the SubjectPublicKeyInfo, 64 hexadecimal digits
  public static EnrolmentLink pinned(
      URI hub, String authority, Optional<HttpProxy> proxy, InstantSource clock) {
    try {
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(null, new TrustManager[] {new Pinned(authority, hub.getHost(), clock)}, null);
      return new EnrolmentLink(hub, context, proxy);
    } catch (GeneralSecurityException e) {
      throw new DureException(ErrorCode.INTERNAL, "TLS 1.3 is not to be had", e);
    }
  }

  /// To the hub of a study that the region takes part in already.
  public static EnrolmentLink of(URI hub, TlsIdentity identity, Optional<HttpProxy> proxy) {
    return new EnrolmentLink(hub, identity.context(), proxy);
  }

  /// Asks to be enrolled.
  ///
  /// @return the hub's answer, JSON
  /// @throws IOException if the hub cannot be reached: trying again may help
  /// @throws DureException if it refuses, or is not the hub that it should be
  public byte[] enrol(byte[] request) throws IOException, InterruptedException {
    return post(Wire.ENROLMENT, request);
  }

  /// Asks for a certificate of the region's next key; as [#enrol].
  public byte[] renew(byte[] request) throws IOException, InterruptedException {
    return post(Wire.RENEWAL, request);
  }

  private byte[] post(String path, byte[] body) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(hub.resolve(path))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    HttpResponse<byte[]> response;
    try {
      response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw failure(e);
    }
    if (response.statusCode() == 200) {
      return response.body();
    }
    throw refusal(response);
  }

  /// The shape of the hub's errors.
  private record Problem(String error, int number, String reason, String message) {}

  /// @return what to throw where trying again may help
  private IOException refusal(HttpResponse<byte[]> response) {
    // A proxy that lets nobody through answers without a body, which the client gives as null.
    byte[] body = Objects.requireNonNullElse(response.body(), new byte[0]);
    Problem problem;
    try {
      problem = Json.read(body, Problem.class);
    } catch (DureException e) {
      return new IOException(
          "%s answers with HTTP status %d".formatted(hub, response.statusCode()));
    }
    String message =
        "the hub refuses%s: %s"
            .formatted(
                problem.reason.isEmpty() ? "" : " (" + problem.reason + ")", problem.message);
    for (ErrorCode code : ErrorCode.values()) {
      if (code.name().equals(problem.error)
          && code.type() == ErrorCode.Type.REFUSED
          && !problem.reason.equals(RejectReason.TOO_OFTEN.name())) {
        throw new DureException(code, message);
      }
    }
    return new IOException(message);
  }

  /// What trying again cannot mend is a [DureException].
  private IOException failure(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof DureException known) {
        throw new DureException(known.code(), String.valueOf(known.getMessage()), e);
      }
    }
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SSLException || cause instanceof CertificateException) {
        throw new DureException(
            ErrorCode.CERTIFICATE_INVALID,
            "what answers at %s is not the hub: %s".formatted(hub, cause.getMessage()),
            e);
      }
    }
    return e;
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }

  /// Believes the hub that the authority with that key certified. Whether the certificate is for
  /// the host that was called is checked by the JDK around this.
  private static final class Pinned implements X509TrustManager {
    private final String authority;
    private final String host;
    private final InstantSource clock;

    Pinned(String authority, String host, InstantSource clock) {
      this.authority = authority;
      this.host = host;
      this.clock = clock;
    }

    private void check(X509Certificate[] chain) throws CertificateException {
      X509Certificate issuer = chain[chain.length - 1];
      if (!Sha256.of(issuer.getPublicKey().getEncoded()).equals(authority)) {
        throw refused(
            "the certificate of the hub at %s is not from the authority that the invitation names"
                .formatted(host));
      }
      try {
        chain[0].verify(issuer.getPublicKey());
      } catch (GeneralSecurityException e) {
        throw refused("the certificate of the hub at %s is forged".formatted(host));
      }
      if (issuer.getBasicConstraints() < 0
          || chain[0].getBasicConstraints() >= 0
          || chain[0].getExtendedKeyUsage() == null
          || !chain[0].getExtendedKeyUsage().contains("1.3.6.1.5.5.7.3.1")) {
        throw refused("what answers at %s shows a certificate that is not a hub's".formatted(host));
      }
      Instant now = clock.instant();
      Instant from = chain[0].getNotBefore().toInstant();
      Instant until = chain[0].getNotAfter().toInstant();
      if (now.isBefore(from) || now.isAfter(until)) {
        throw refused(
            ("the hub's certificate is valid from %s to %s, and this machine's clock says %s: set"
                    + " the clock if it is wrong, else the hub's operator must run dure hub renew")
                .formatted(from, until, now));
      }
    }

    private static CertificateException refused(String why) {
      DureException known = new DureException(ErrorCode.CERTIFICATE_INVALID, why);
      return new CertificateException(why, known);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      throw refused("a region answers nobody");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
