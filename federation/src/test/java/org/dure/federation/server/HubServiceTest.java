package org.dure.federation.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.BackgroundTask;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.hub.Hub;
import org.dure.federation.hub.TestHub;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HubServiceTest {
  /// Makes steps on threads of their own.
  private static final class Aside implements Executor {
    private final List<BackgroundTask> begun = new CopyOnWriteArrayList<>();

    @Override
    public void execute(Runnable step) {
      begun.add(BackgroundTask.once("hub-work", step::run, failure -> {}));
    }

    /// Makes what is due until nothing is.
    void settle(HubService service) {
      int before;
      do {
        before = begun.size();
        service.tick();
        begun.forEach(BackgroundTask::join);
      } while (begun.size() > before);
    }
  }

  @TempDir Path folder;

  /// A place at which those who pass wait while it is shut.
  private static final class Gate {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);
    private volatile boolean shut;

    void pass() {
      if (shut) {
        reached.countDown();
        await(open);
      }
    }

    /// Runs it until it waits here.
    BackgroundTask holdUp(BackgroundTask.Body action) {
      shut = true;
      BackgroundTask task = BackgroundTask.once("held up", action, failure -> {});
      await(reached);
      shut = false;
      return task;
    }

    void letGo(BackgroundTask task) {
      open.countDown();
      task.join();
    }

    private static void await(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /// A log whose disk is slow in everything but appending.
  private static final class SlowStore implements RoundStore {
    private final RoundStore log = new MemoryRoundStore();
    private final Gate gate = new Gate();

    @Override
    public void append(long number, byte[] event) {
      log.append(number, event);
    }

    @Override
    public long last() {
      return log.last();
    }

    @Override
    public void read(long from, Reader reader) {
      gate.pass();
      log.read(from, reader);
    }

    @Override
    public void note(String name, byte[] value) {
      gate.pass();
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
  }

  /// Artifacts that wait at a gate, and after that may be the last straw.
  private record SlowArtifacts(ArtifactStore store, Gate gate, List<Error> errors)
      implements ArtifactStore {
    @Override
    public String put(byte[] bytes) {
      gate.pass();
      if (!errors.isEmpty()) {
        throw errors.removeFirst();
      }
      return store.put(bytes);
    }

    @Override
    public void put(String digest, InputStream content) {
      store.put(digest, content);
    }

    @Override
    public boolean contains(String digest) {
      return store.contains(digest);
    }

    @Override
    public long size(String digest) {
      return store.size(digest);
    }

    @Override
    public byte[] get(String digest) {
      gate.pass();
      return store.get(digest);
    }

    @Override
    public InputStream open(String digest) {
      return store.open(digest);
    }

    @Override
    public void remove(String digest) {
      store.remove(digest);
    }

    @Override
    public List<String> list() {
      return store.list();
    }
  }

  private static HubService service(TestHub hub) {
    return new HubService(hub.hub, hub.around(), () -> Instant.ofEpochMilli(hub.now), new Aside());
  }

  private static void send(HubService service, TestHub hub, Message message) {
    String region = message.region();
    var unused = service.receive(hub.peer(region), SignedMessage.sign(message, hub.signer(region)));
  }

  private static Message.Hello hello(Study study, String region) {
    return Message.Hello.of(
        study.digest(), region, ArithmeticWorkload.LAYOUT.digest(), Message.Past.NONE);
  }

  @Test
  void aMergeThatEndsInAnErrorIsGivenUpShownAndMadeAgainAndNobodyWaitsForEver() {
    Study study = TestStudies.with("quorum = 2\ngrace-seconds = 0", "ja", "ko", "vi");
    TestHub hub = new TestHub(study);
    Gate gate = new Gate();
    List<Error> errors = new ArrayList<>(List.of(new InternalError("of native memory")));
    Hub.Surroundings around = hub.around();
    Hub.Surroundings fragile =
        new Hub.Surroundings(
            around.log(),
            new SlowArtifacts(around.published(), gate, errors),
            around.received(),
            around.initial(),
            around.preparation(),
            around.authority(),
            around.headMac());
    hub.hub = Hub.open(study, fragile, hub.now, (stage, happening) -> {});
    Aside aside = new Aside();
    HubService service =
        new HubService(hub.hub, fragile, () -> Instant.ofEpochMilli(hub.now), aside);
    study.regions().forEach(region -> send(service, hub, hello(study, region.name())));
    aside.settle(service);
    Message late = hub.contribution("vi", 1, 10);
    send(service, hub, hub.contribution("ja", 1, 10));
    gate.shut = true;
    send(service, hub, hub.contribution("ko", 1, 10));
    Gate.await(gate.reached);
    BackgroundTask waiting = BackgroundTask.once("late", () -> send(service, hub, late), e -> {});

    gate.open.countDown();
    aside.begun.forEach(BackgroundTask::join);
    waiting.join();

    assertThat(service.health().now())
        .isInstanceOfSatisfying(
            DureException.class,
            trouble -> {
              assertThat(trouble.code()).isEqualTo(ErrorCode.INTERNAL);
              assertThat(trouble).hasMessageContaining("of native memory");
            });
    hub.now += 5_000;
    aside.settle(service);
    assertThat(hub.view("ja").progress().round()).as("made again").isEqualTo(2);
    assertThat(service.health().now()).isNull();
    service.close();
  }

  @Test
  void requestsGoOnWhileCountsAreKept() {
    Study study = TestStudies.of("ja", "ko");
    SlowStore log = new SlowStore();
    TestHub hub = new TestHub(study, log, Optional.empty());
    HubService service = service(hub);
    send(service, hub, hello(study, "ja"));
    BackgroundTask held = log.gate.holdUp(service::tick);

    send(service, hub, hello(study, "ko"));

    assertThat(service.status().regions()).hasSize(2);
    assertThat(hub.view("ko").member().joined()).isTrue();
    log.gate.letGo(held);
    service.close();
  }

  @Test
  void requestsGoOnWhileTheLedgerIsWritten() {
    Study study = TestStudies.of("ja", "ko");
    SlowStore log = new SlowStore();
    TestHub hub = new TestHub(study, log, Optional.empty());
    HubService service = service(hub);
    send(service, hub, hello(study, "ja"));
    BackgroundTask held = log.gate.holdUp(() -> service.export(folder.resolve("ledger")));

    send(service, hub, hello(study, "ko"));

    log.gate.letGo(held);
    assertThat(folder.resolve("ledger").resolve("events.jsonl")).exists();
    service.close();
  }

  @Test
  void requestsGoOnWhileWhatAHelloHasSeenIsReadFromTheLog() {
    Study study = TestStudies.of("ja", "ko");
    SlowStore log = new SlowStore();
    TestHub hub = new TestHub(study, log, Optional.empty());
    HubService service = service(hub);
    send(service, hub, hello(study, "ja"));
    StudyView seen = hub.view("ja");
    send(service, hub, hello(study, "ko"));
    Message.Hello again =
        Message.Hello.of(
            study.digest(),
            "ja",
            ArithmeticWorkload.LAYOUT.digest(),
            new Message.Past(
                seen.member().sequence(), seen.log(), 0, "", Message.Past.NONE.exportLog(), ""));
    BackgroundTask held = log.gate.holdUp(() -> send(service, hub, again));

    send(service, hub, hello(study, "ko"));

    log.gate.letGo(held);
    service.close();
  }

  @Test
  void requestsGoOnWhileAPartOfThePreparationIsLookedThrough() {
    Study study = TestStudies.of("ja", "ko");
    CommonPreparation join = (parts, common) -> {};
    TestHub hub = new TestHub(study, new MemoryRoundStore(), Optional.of(join));
    Gate gate = new Gate();
    hub.received.put("ja", new SlowArtifacts(hub.received("ja"), gate, List.of()));
    HubService service = service(hub);
    send(service, hub, hello(study, "ja"));
    send(service, hub, hello(study, "ko"));
    String part = hub.part("ja", "words");
    Message.Preparation preparation =
        new Message.Preparation("preparation", study.digest(), "ja", 1, 0, part);
    BackgroundTask held = gate.holdUp(() -> send(service, hub, preparation));

    send(service, hub, hello(study, "ko"));

    gate.letGo(held);
    assertThat(hub.view("ja").member().sequence()).isEqualTo(1);
    service.close();
  }

  @Test
  void requestsGoOnWhileChunksOfARegionAreLetGoAndItsMessagesWait() {
    Study study = TestStudies.of("ja", "ko");
    TestHub hub = new TestHub(study);
    HubService service = service(hub);
    send(service, hub, hello(study, "ja"));
    send(service, hub, hello(study, "ko"));
    Message contribution = hub.contribution("ja", 1, 10);
    Gate gate = new Gate();
    BackgroundTask held =
        gate.holdUp(
            () -> {
              boolean unused =
                  service.withoutMessages(
                      "ja",
                      () -> {
                        gate.pass();
                        hub.received("ja").list().forEach(hub.received("ja")::remove);
                        return true;
                      });
            });

    send(service, hub, hub.contribution("ko", 1, 10));
    CountDownLatch sent = new CountDownLatch(1);
    List<MessageRejected> refused = new ArrayList<>();
    BackgroundTask waiting =
        BackgroundTask.once(
            "contribution",
            () -> {
              sent.countDown();
              try {
                send(service, hub, contribution);
              } catch (MessageRejected e) {
                refused.add(e);
              }
            },
            failure -> {});
    Gate.await(sent);
    gate.letGo(held);
    waiting.join();

    assertThat(refused)
        .as("what was let go was not counted")
        .singleElement()
        .extracting(MessageRejected::refusal)
        .isEqualTo(RejectReason.CHUNK_MISSING);
    service.close();
  }

  @Test
  void anExecutorThatTakesNoMoreStepsIsATroubleLikeAnyOther() {
    Study study = TestStudies.of("ja", "ko");
    TestHub hub = new TestHub(study);
    HubService service =
        new HubService(
            hub.hub,
            hub.around(),
            () -> Instant.ofEpochMilli(hub.now),
            step -> {
              throw new IllegalStateException("no more threads");
            });
    hub.hub.lost();
    service.tick();
    assertThat(service.health().now()).hasMessageContaining("no more threads");
    service.close();
  }
}
