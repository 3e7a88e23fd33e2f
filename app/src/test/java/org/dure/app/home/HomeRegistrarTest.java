package org.dure.app.home;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Settings;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.federation.log.Event;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.log.RoundStore;
import org.dure.federation.server.HubServer;
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

  private static void await(BooleanSupplier held) throws InterruptedException {
    while (!held.getAsBoolean()) {
      Thread.sleep(20);
    }
  }

  @Test
  @Timeout(60)
  void whatWasDecidedWhileTheLogWasFullIsInItWhenThereIsRoomAgain() throws InterruptedException {
    WorkloadConfig workloadConfig =
        WorkloadConfig.of(
            Settings.parse(
                "the test's study",
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
                """));
    Register register = Register.of(home, CLOCK);
    assertThat(register.initialise("test", List.of())).isTrue();
    KeyPair key = Signatures.newKeyPair();
    var admitted = register.admit(CertificateRequest.create("ko", key), "");
    FullStore log = new FullStore();
    List<String> said = new CopyOnWriteArrayList<>();
    try (HomeRegistrar registrar =
            new HomeRegistrar(home, workloadConfig.study(), CLOCK, said::add);
        HubServer hub =
            HubServer.start(
                new HubServer.Setup(
                    workloadConfig.study(),
                    home,
                    new InetSocketAddress("127.0.0.1", 0),
                    Identities.hub(home),
                    workloadConfig::initialWeights,
                    Optional.empty(),
                    CLOCK,
                    registrar),
                log)) {
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
