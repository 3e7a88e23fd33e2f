package org.dure.federation.client;

import java.io.IOException;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.Wire;
import org.dure.federation.wire.TlsIdentity;

/// A region's way to its hub before it has a certificate, and for a new one.
///
/// The same connections as a node's, on which nothing may rest for longer than half a minute.
/// Thread-safe.
public final class EnrolmentLink implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int MOST_ANSWER = 1 << 20;

  /// Refusals that trying again may mend.
  private static final Set<String> PASSING =
      Set.of(RejectReason.TOO_OFTEN.name(), RejectReason.SHARE_USED.name());

  private record Reply(int status, byte[] body) {}

  private final URI hub;
  private final Connections connections;

  private EnrolmentLink(URI hub, SSLContext context, Optional<HttpProxy> proxy) {
    this.hub = hub;
    this.connections = new Connections(HubTarget.of(hub, context, proxy, PATIENCE));
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
    HubConnection.Request request =
        new HubConnection.Request(
            "POST", path, Map.of("Content-Type", "application/json"), Duration.ZERO);
    Reply reply;
    try {
      reply =
          connections.control(
              request,
              HubConnection.Body.of(body),
              answer -> new Reply(answer.status(), answer.body().readNBytes(MOST_ANSWER)));
    } catch (IOException e) {
      throw failure(e);
    }
    if (reply.status == 200) {
      return reply.body;
    }
    throw refusal(reply);
  }

  /// @return what to throw where trying again may help
  private IOException refusal(Reply reply) {
    HubProblem problem = HubProblem.of(reply.status, reply.body);
    if (problem.error().isEmpty()) {
      return new IOException("%s answers with %s".formatted(hub, problem.message()));
    }
    String message =
        "the hub refuses%s: %s"
            .formatted(
                problem.reason().isEmpty() ? "" : " (" + problem.reason() + ")", problem.advised());
    ErrorCode code = problem.refusal();
    if (code != null && !PASSING.contains(problem.reason())) {
      throw new DureException(code, message);
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
    if (CertificateFailure.isOfTime(e)) {
      return new IOException(CertificateFailure.OF_TIME, e);
    }
    Optional<Throwable> about = CertificateFailure.in(e);
    if (about.isPresent()) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "what answers at %s is not the hub: %s".formatted(hub, about.get().getMessage()),
          e);
    }
    return e;
  }

  @Override
  public void close() {
    connections.close();
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
