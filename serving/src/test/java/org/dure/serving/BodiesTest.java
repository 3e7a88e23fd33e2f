package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.dure.core.runtime.ReceiveBudget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BodiesTest {
  private static final int MOST = 1 << 20;
  private final ReceiveBudget budget = new ReceiveBudget(256L << 20);
  private final Bodies bodies = new Bodies(MOST, budget);

  private byte[] read(String client, InputStream in, long announced) throws IOException {
    try (Bodies.Body body = bodies.read(client, in, announced, () -> {})) {
      return body.bytes();
    }
  }

  /// All but its last byte comes at once, that one when it is let go.
  private static InputStream slow(int length, CountDownLatch last) {
    return new InputStream() {
      private int given;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0];
      }

      @Override
      public int read(byte[] into, int from, int wanted) throws IOException {
        if (given == length) {
          return -1;
        }
        if (given == length - 1) {
          try {
            last.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        }
        int read = Math.min(wanted, given < length - 1 ? length - 1 - given : 1);
        given += read;
        return read;
      }
    };
  }

  @Test
  void bodiesOfEverySizeUpToTheLargestAreReadWholeWhetherAnnouncedOrNot() throws IOException {
    for (int size : new int[] {0, 1, (16 << 10) - 1, 16 << 10, (16 << 10) + 1, 99_999, MOST}) {
      byte[] body = new byte[size];
      if (size > 0) {
        body[size - 1] = 7;
      }
      assertThat(read("a", new ByteArrayInputStream(body), size)).isEqualTo(body);
      assertThat(read("a", new ByteArrayInputStream(body), -1)).isEqualTo(body);
    }
    for (long announced : new long[] {MOST + 1, -1}) {
      assertThatThrownBy(() -> read("a", new ByteArrayInputStream(new byte[MOST + 1]), announced))
          .isInstanceOfSatisfying(ApiError.class, e -> assertThat(e.status()).isEqualTo(413));
    }
    assertThat(budget.free()).isEqualTo(budget.total());
  }

  @Test
  void aCrowdOfLargeHalfSentBodiesHasHalfTheMemoryAndOthersGoOn() throws Exception {
    CountDownLatch last = new CountDownLatch(1);
    AtomicInteger whole = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    List<Thread> crowd = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      crowd.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      whole.addAndGet(read("greedy", slow(MOST, last), MOST).length / MOST);
                    } catch (ApiError e) {
                      refused.addAndGet(e.status() == 503 ? 1 : 0);
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  }));
    }
    TestServer.await("the share to be used", () -> budget.held("greedy") > budget.total() / 3);
    assertThat(read("modest", new ByteArrayInputStream(new byte[MOST]), MOST)).hasSize(MOST);
    assertThat(budget.held("greedy")).isLessThanOrEqualTo(budget.total() / 2);
    TestServer.await("the others to be refused", () -> refused.get() >= 34);
    last.countDown();
    for (Thread one : crowd) {
      one.join();
    }
    assertThat(whole.get() + refused.get()).isEqualTo(40);
    assertThat(whole.get()).isPositive();
    assertThat(budget.free()).isEqualTo(budget.total());
  }

  @Test
  void aServerOfLittleMemoryTakesSmallerBodies() throws IOException {
    Bodies small = new Bodies(MOST, new ReceiveBudget(16 << 20));
    assertThatThrownBy(() -> small.read("a", InputStream.nullInputStream(), MOST, () -> {}).bytes())
        .isInstanceOfSatisfying(ApiError.class, e -> assertThat(e.status()).isEqualTo(413));
    try (Bodies.Body body =
        small.read("a", new ByteArrayInputStream(new byte[100_000]), 100_000, () -> {})) {
      assertThat(body.bytes()).hasSize(100_000);
    }
  }
}
