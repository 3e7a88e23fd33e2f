package org.dure.federation;

import java.security.cert.X509Certificate;
import java.util.Optional;

/// What the hub answers under `/v1/enrolment`, the only path for callers that have no certificate
/// of the study. Called from many threads at once.
public interface Enrolment {
  /// Longest body of a request that is handed on.
  int MOST_BYTES = 64 << 10;

  /// A caller's request. Nothing in it is proved but the certificate.
  ///
  /// @param method `GET` or `POST`
  /// @param path what follows `/v1/enrolment`: empty, or beginning with a slash
  /// @param body at most [#MOST_BYTES]; empty for `GET`
  /// @param address of the caller, as the network gives it
  /// @param certificate of the caller, where it has one that the study's authority issued
  record Request(
      String method,
      String path,
      byte[] body,
      String address,
      Optional<X509Certificate> certificate) {}

  /// An answer.
  ///
  /// @param status of HTTP
  /// @param json the body
  record Reply(int status, byte[] json) {}

  /// Errors may be thrown as [org.dure.core.DureException] and become the usual answers.
  Reply answer(Request request);
}
