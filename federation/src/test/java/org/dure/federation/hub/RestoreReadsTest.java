package org.dure.federation.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.TestStudies;
import org.junit.jupiter.api.Test;

/// How much of its log a hub reads to make again what it has lost.
class RestoreReadsTest {
  /// Counts the events that it hands out.
  private static final class CountingStore implements RoundStore {
    private final RoundStore store = new MemoryRoundStore();
    final AtomicLong read = new AtomicLong();

    @Override
    public void append(long number, byte[] event) {
      store.append(number, event);
    }

    @Override
    public long last() {
      return store.last();
    }

    @Override
    public void read(long from, Reader reader) {
      store.read(
          from,
          (number, event) -> {
            read.incrementAndGet();
            reader.accept(number, event);
          });
    }

    @Override
    public void note(String name, byte[] value) {
      store.note(name, value);
    }

    @Override
    public Optional<byte[]> noted(String name) {
      return store.noted(name);
    }

    @Override
    public void close() {
      store.close();
    }
  }

  private static TestHub merged(CountingStore log, int rounds) {
    TestHub hub = new TestHub(TestStudies.with("rounds = 5000", "ko"), log, Optional.empty());
    hub.hello("ko");
    for (int round = 0; round < rounds; round++) {
      hub.contribute("ko", 0.001f * (round % 7) - 0.002f);
      hub.poll();
    }
    return hub;
  }

  private static void assertRestored(TestHub hub, CountingStore log, long mostReads) {
    List<Float> before = hub.weights();
    hub.published.list().forEach(hub.published::remove);
    log.read.set(0);
    hub.start();
    assertThat(log.read.get()).isLessThanOrEqualTo(mostReads);
    assertThat(hub.weights()).isEqualTo(before);
  }

  @Test
  void aStartThatMakesEveryMergeAgainReadsTheLogOnce() {
    CountingStore log = new CountingStore();
    TestHub hub = merged(log, 350);
    assertRestored(hub, log, log.last());
  }

  /// More than the hub remembers: once to know where the study stands, once to make it again.
  @Test
  void aStartThatMakesMoreMergesAgainThanAreRememberedReadsTheLogTwice() {
    CountingStore log = new CountingStore();
    TestHub hub = merged(log, Rounds.MOST + 150);
    assertRestored(hub, log, 2 * log.last());
  }

  @Test
  void whatIsWholeIsNotMadeAgain() {
    CountingStore log = new CountingStore();
    TestHub hub = merged(log, 20);
    log.read.set(0);
    hub.hub.restore();
    assertThat(log.read.get()).isZero();
  }
}
