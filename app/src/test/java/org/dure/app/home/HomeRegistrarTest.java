package org.dure.app.home;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLSocket;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Settings;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.federation.log.Event;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.Wire;
import org.dure.federation.server.HubServer;
import org.dure.federation.server.Registrar;
import org.dure.federation.wire.TlsIdentity;
import org.dure.provenance.CertificateRequest;
import org.dure.provenance.Register;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class HomeRegistrarTest {
  private static final InstantSource CLOCK = InstantSource.system();

  @TempDir Path home;

  /// A log whose disk is full as long as it is told to be.
  private static final class FullStore implements RoundStore {
    private final RoundStore log = new MemoryRoundStore();
    private final CountDownLatch met = new CountDownLatch(4);
    private volatile boolean full;

    @Override
    public void append(long number, byte[] event) {
      if (full) {
        met.countDown();
        throw new DureException(ErrorCode.DISK_FULL, "simulated");
      }
      log.append(number, event);
    }

    @Override
    public long last() {
      return log.last();
    }

    @Override
    public void read(long from, Reader reader) {
      log.read(from, reader);
    }

    @Override
    public void note(String name, byte[] value) {
      log.note(name, value);
    }

    @Override
    public Optional<byte[]> noted(String name) {
      return log.noted(name);
    }

    @Override
    public void close() {
      log.close();
    }

    List<Event> events() {
      List<Event> events = new CopyOnWriteArrayList<>();
      String[] head = {Sha256.NONE};
      log.read(
          1,
          (number, bytes) -> {
            Event.Logged logged = Event.parse(bytes, number, head[0]);
            head[0] = logged.digest();
            events.add(logged.event());
          });
      return events;
    }
  }

  private static final String STUDY =
      """
      name = "test"
      rounds = 1
      steps = 1
      workload = "rehearsal"
      rehearsal.bytes = 40000
      rehearsal.tensors = 2
      [regions.ja]
      language = "ja"
      [regions.ko]
      language = "ko"
      """;

  /// Counts the requests that were let in.
  private record Counting(Registrar registrar, AtomicInteger admitted) implements Registrar {
    @Override
    public Holding holding(X509Certificate certificate) {
      Holding holding = registrar.holding(certificate);
      admitted.incrementAndGet();
      return holding;
    }

    @Override
    public void spoke(X509Certificate certificate) {
      registrar.spoke(certificate);
    }

    @Override
    public byte[] enrol(byte[] request) {
      return registrar.enrol(request);
    }

    @Override
    public byte[] renew(X509Certificate present, byte[] request) {
      return registrar.renew(present, request);
    }
  }

  private HubServer hub(Registrar registrar, RoundStore log) {
    WorkloadConfig config = WorkloadConfig.of(Settings.parse("the test's study", STUDY));
    return HubServer.start(
        new HubServer.Setup(
            config.study(),
            home,
            new InetSocketAddress("127.0.0.1", 0),
            Identities.hub(home),
            config::initialWeights,
            Optional.empty(),
            CLOCK,
            registrar),
        log);
  }

  /// A request of which the last bytes are still to come.
  private record Held(SSLSocket socket, byte[] rest) {
    static Held of(int port, TlsIdentity identity, String path, byte[] body) throws IOException {
      SSLSocket socket =
          (SSLSocket) identity.context().getSocketFactory().createSocket("127.0.0.1", port);
      String head =
          "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
              .formatted(path, body.length);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(body, 0, body.length - 20);
      socket.getOutputStream().flush();
      return new Held(socket, Arrays.copyOfRange(body, body.length - 20, body.length));
    }

    String answer() throws IOException {
      try (socket) {
        socket.getOutputStream().write(rest);
        socket.getOutputStream().flush();
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      }
    }
  }

  /// A region that holds back the end of its request is shut out like any other.
  @Test
  @Timeout(60)
  void aRequestThatWasBegunBeforeItsSenderWasShutOutGetsNothingWhenItIsEnded() throws Exception {
    Register register = Register.of(home, CLOCK);
    assertThat(register.initialise("test", List.of())).isTrue();
    AtomicInteger admitted = new AtomicInteger();
    KeyPair key = Signatures.newKeyPair();
    X509Certificate present = register.admit(CertificateRequest.create("ko", key), "").x509();
    TlsIdentity ko =
        new TlsIdentity(key.getPrivate(), List.of(present), register.authority().certificate());
    WorkloadConfig config = WorkloadConfig.of(Settings.parse("the test's study", STUDY));
    byte[] request =
        CertificateRequest.create("ko", Signatures.newKeyPair())
            .pem()
            .getBytes(StandardCharsets.US_ASCII);
    try (HomeRegistrar registrar = new HomeRegistrar(home, config.study(), CLOCK, line -> {});
        HubServer hub = hub(new Counting(registrar, admitted), new MemoryRoundStore())) {
      registrar.serve(hub);
      Held renewal = Held.of(hub.port(), ko, Wire.RENEWAL, request);
      Held message = Held.of(hub.port(), ko, "/v1/messages", request);
      await(() -> admitted.get() == 2);
      assertThat(register.revoke("ko", "poisoned")).hasSize(1);
      await(() -> registrar.holding(present) instanceof Registrar.Revoked);
      for (Held held : List.of(renewal, message)) {
        assertThat(held.answer()).contains(" 403 ", "CERTIFICATE_REVOKED", "poisoned");
      }
      assertThat(register.picture().issued())
          .filteredOn(issued -> issued.holder().region().equals("ko"))
          .singleElement()
          .extracting(issued -> issued.standing().state())
          .isEqualTo(Register.State.REVOKED);
      await(() -> !hub.status().regions().getLast().standing().revoked().isEmpty());
    }
  }

  @Test
  @Timeout(60)
  void nobodyWaitsForARegionThatNeverCameAndWasRevoked() throws InterruptedException {
    Register register = Register.of(home, CLOCK);
    assertThat(register.initialise("test", List.of())).isTrue();
    WorkloadConfig config = WorkloadConfig.of(Settings.parse("the test's study", STUDY));
    try (HomeRegistrar registrar = new HomeRegistrar(home, config.study(), CLOCK, line -> {});
        HubServer hub = hub(registrar, new MemoryRoundStore())) {
      registrar.serve(hub);
      assertThat(register.revokeAwaited("ko", "never came")).isEmpty();
      await(
          () ->
              hub.status().regions().stream()
                  .anyMatch(
                      region ->
                          region.name().equals("ko")
                              && region.standing().revoked().equals("never came")));
    }
  }

  private static void await(BooleanSupplier held) throws InterruptedException {
    while (!held.getAsBoolean()) {
      Thread.sleep(20);
    }
  }

  @Test
  @Timeout(60)
  void whatWasDecidedWhileTheLogWasFullIsInItWhenThereIsRoomAgain() throws InterruptedException {
    WorkloadConfig workloadConfig = WorkloadConfig.of(Settings.parse("the test's study", STUDY));
    Register register = Register.of(home, CLOCK);
    assertThat(register.initialise("test", List.of())).isTrue();
    KeyPair key = Signatures.newKeyPair();
    var admitted = register.admit(CertificateRequest.create("ko", key), "");
    FullStore log = new FullStore();
    List<String> said = new CopyOnWriteArrayList<>();
    try (HomeRegistrar registrar =
            new HomeRegistrar(home, workloadConfig.study(), CLOCK, said::add);
        HubServer hub = hub(registrar, log)) {
      log.full = true;
      registrar.serve(hub);
      var revoked = register.revoke("ko", "left the study");
      var enrolled = register.admit(CertificateRequest.create("vi", Signatures.newKeyPair()), "vi");
      log.met.await();
      assertThat(said).noneMatch(line -> line.contains("is revoked"));

      log.full = false;
      await(() -> said.contains("ko is revoked: left the study"));
      await(() -> log.events().stream().anyMatch(Event.Enrolled.class::isInstance));
      assertThat(log.events()).hasAtLeastOneElementOfType(Event.Revoked.class);
      assertThat(said).containsOnlyOnce("ko is revoked: left the study");
      assertThat(said).filteredOn(line -> line.contains("DISK_FULL")).hasSize(1);
    }
  }
}
