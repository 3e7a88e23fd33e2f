package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.HostGuard;
import org.dure.provenance.CertificateAuthority;
import org.dure.provenance.Certificates;
import org.dure.provenance.KeyFiles;
import org.dure.provenance.TlsFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who may ask: under which names, from which web pages, with which key.
class AccessTest {
  private static final String COMPLETION =
      CompletionsTest.json("'model': 'ko', 'prompt': '두', 'max_tokens': 1");

  @TempDir Path folder;

  private static String[] head(String route, String... more) {
    String[] head = new String[more.length + 1];
    head[0] = route.replace("{name}", "chat.js").replace("{model}", "ko") + " HTTP/1.1";
    System.arraycopy(more, 0, head, 1, more.length);
    return head;
  }

  @Test
  void whatIsAskedUnderAnotherNameIsRefusedOnEveryPath() {
    try (TestServer server = new TestServer(ClientServer.korean())) {
      for (String route : Routes.PATHS) {
        String answer =
            server.exchange(
                COMPLETION,
                head(
                    route,
                    "Host: evil.test:" + server.server.port(),
                    "Origin: http://evil.test:" + server.server.port(),
                    "Content-Type: application/json"));
        assertThat(answer)
            .as(route)
            .startsWith("HTTP/1.1 421 ")
            .contains("\"code\":\"host_not_allowed\"")
            .doesNotContain("두레");
      }
    }
  }

  @Test
  void aPageFromElsewhereIsRefusedWhateverItCallsItsBody() {
    try (TestServer server = new TestServer(ClientServer.korean())) {
      String own = "127.0.0.1:" + server.server.port();
      for (String origin : List.of("http://evil.test", "null", "http://127.0.0.1:1")) {
        for (String type :
            List.of("application/json", "application/x-www-form-urlencoded", "text/plain")) {
          String answer =
              server.exchange(
                  COMPLETION,
                  head(
                      "POST /v1/completions",
                      "Host: " + own,
                      "Origin: " + origin,
                      "Content-Type: " + type));
          assertThat(answer)
              .startsWith("HTTP/1.1 403 ")
              .contains("\"code\":\"origin_not_allowed\"")
              .doesNotContainIgnoringCase("access-control");
        }
        assertThat(
                server.exchange(
                    "",
                    head(
                        "OPTIONS /v1/completions",
                        "Host: " + own,
                        "Origin: " + origin,
                        "Access-Control-Request-Method: POST")))
            .startsWith("HTTP/1.1 403 ")
            .doesNotContainIgnoringCase("access-control");
      }
      assertThat(
              server.exchange(
                  COMPLETION,
                  head(
                      "POST /v1/completions",
                      "Host: " + own,
                      "Origin: http://" + own,
                      "Content-Type: application/json")))
          .as("its own page")
          .startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void anAdmittedPageMayReadAnswersAndRefusals() throws IOException {
    HostGuard guard =
        HostGuard.of(ModelServer.LOOPBACK, List.of(), List.of("https://app.example.org"));
    Access access = new Access(guard, ApiKeys.read(keys("secret")), Optional.empty());
    String origin = "Origin: https://app.example.org";
    try (TestServer server = new TestServer(access, ClientServer.korean())) {
      String preflight =
          server.exchange(
              "",
              head(
                  "OPTIONS /v1/completions",
                  "Host: localhost",
                  origin,
                  "Access-Control-Request-Method: POST",
                  "Access-Control-Request-Headers: authorization,content-type,x-stainless-os"));
      assertThat(preflight)
          .startsWith("HTTP/1.1 204 ")
          .containsIgnoringCase("Access-Control-Allow-Origin: https://app.example.org\r\n")
          .containsIgnoringCase(
              "Access-Control-Allow-Headers: authorization,content-type,x-stainless-os\r\n")
          .containsIgnoringCase("Access-Control-Allow-Methods: GET, HEAD, POST\r\n");
      for (String authorization : List.of("Bearer secret", "Bearer wrong")) {
        assertThat(
                server.exchange(
                    COMPLETION,
                    head(
                        "POST /v1/completions",
                        "Host: localhost",
                        origin,
                        "Authorization: " + authorization,
                        "Content-Type: application/json")))
            .startsWith("HTTP/1.1 " + (authorization.endsWith("secret") ? "200 " : "401 "))
            .containsIgnoringCase("Access-Control-Allow-Origin: https://app.example.org\r\n")
            .containsIgnoringCase("Vary: Origin\r\n");
      }
    }
  }

  @Test
  void whereThereAreKeysOneMustBeShown() throws IOException {
    Access access =
        new Access(
            HostGuard.of(ModelServer.LOOPBACK),
            ApiKeys.read(keys("\nfirst\n  second \r\n\n")),
            Optional.empty());
    try (TestServer server = new TestServer(access, ClientServer.korean())) {
      for (String key : List.of("Bearer first", "bearer second", "BEARER  second ")) {
        assertThat(server.get("/v1/models", "Authorization", key).status()).isEqualTo(200);
      }
      for (String key : List.of("Bearer third", "Bearer ", "Bearer", "Basic first", "first", "")) {
        TestServer.Reply reply = server.get("/v1/models/ko", "Authorization", key);
        assertThat(reply.status()).as(key).isEqualTo(401);
        assertThat(reply.at("error.type")).isEqualTo("invalid_request_error");
        assertThat(reply.headers().get("www-authenticate")).containsExactly("Bearer");
      }
      assertThat(server.post("/v1/completions", COMPLETION).status()).isEqualTo(401);
      assertThat(server.get("/v1/none").status()).isEqualTo(401);
      assertThat(server.get("/health").status()).isEqualTo(200);
      assertThat(server.get("/?lang=en").text()).contains("id=\"key-field\" >");
      assertThat(server.get("/assets/chat.js").status()).isEqualTo(200);
    }
  }

  @Test
  void aFileOfKeysIsReadWholeOrRefused() throws IOException {
    refused(keys(""), ErrorCode.INPUT_EMPTY);
    refused(keys(" \n\r\n"), ErrorCode.INPUT_EMPTY);
    refused(keys("two words"), ErrorCode.INPUT_MALFORMED);
    refused(keys("good\nschlüssel"), ErrorCode.INPUT_MALFORMED);
    refused(folder.resolve("none"), ErrorCode.INPUT_MISSING);
    Path open = keys("secret");
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    refused(open, ErrorCode.KEY_EXPOSED);
  }

  private static void refused(Path file, ErrorCode code) {
    assertThatThrownBy(() -> ApiKeys.read(file))
        .isInstanceOfSatisfying(DureException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(file.toString());
  }

  private Path keys(String text) throws IOException {
    Path file = folder.resolve("keys.txt");
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  @Test
  void theHeadOfEveryPathIsThatOfItsAnswer() {
    try (TestServer server = new TestServer(ClientServer.korean())) {
      for (String route : Routes.PATHS) {
        if (route.startsWith("GET ")) {
          String answer = server.exchange("", head(route, "Host: localhost"));
          String alone = server.exchange("", head("HEAD" + route.substring(3), "Host: localhost"));
          assertThat(alone).as(route).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n");
          assertThat(line(alone, "content-type")).isEqualTo(line(answer, "content-type"));
        }
      }
      assertThat(server.exchange("", head("HEAD /none", "Host: localhost"))).contains(" 404 ");
    }
  }

  private static String line(String answer, String header) {
    return answer
        .lines()
        .filter(line -> line.regionMatches(true, 0, header, 0, header.length()))
        .findFirst()
        .orElse("");
  }

  @Test
  void withACertificateItSpeaksTlsAndAnswersAndStreamsAsWithout() throws Exception {
    KeyPair pair = KeyFiles.create(folder.resolve("key.pem"));
    CertificateAuthority authority =
        CertificateAuthority.create(
            folder.resolve("authority"), "test", Duration.ofDays(2), InstantSource.system());
    Certificates.write(
        folder.resolve("certificate.pem"),
        List.of(
            authority.issueHub(pair.getPublic(), List.of("localhost"), Duration.ofDays(1)),
            authority.certificate()));
    SSLContext tls =
        TlsFiles.context(
            folder.resolve("certificate.pem"), folder.resolve("key.pem"), Instant.now());
    Access access = new Access(HostGuard.of(ModelServer.LOOPBACK), ApiKeys.NONE, Optional.of(tls));
    try (TestServer server = new TestServer(access, ClientServer.korean());
        HttpClient client = HttpClient.newBuilder().sslContext(trusting(authority)).build()) {
      assertThat(server.server.address().toString()).startsWith("https://127.0.0.1:");
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create("https://localhost:%d/v1/completions".formatted(server.server.port())))
              .header("Content-Type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofString(COMPLETION.replace("}", ",\"stream\":true}")))
              .build();
      for (int time = 0; time < 2; time++) {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).endsWith("data: [DONE]\n\n");
      }
      int taken = server.server.port();
      assertThatThrownBy(
              () ->
                  ModelServer.start(
                      List.of(ServedModel.of(ClientServer.korean())),
                      ModelServer.LOOPBACK,
                      taken,
                      ServingLimits.DEFAULT,
                      access))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PORT_TAKEN));
    }
  }

  private static SSLContext trusting(CertificateAuthority authority) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("authority", authority.certificate());
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
