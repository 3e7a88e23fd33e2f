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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BodiesTest {
  private static final int MOST = 1 << 20;

  /// All but its last byte comes at once, that one when it is let go.
  private static InputStream slow(int length, CountDownLatch waits, CountDownLatch last) {
    return new InputStream() {
      private int given;

      @Override
      public int read() {
        throw new UnsupportedOperationException();
      }

      @Override
      public int read(byte[] into, int from, int wanted) throws IOException {
        if (given == length) {
          return -1;
        }
        if (given == length - 1) {
          waits.countDown();
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
  void bodiesOfEverySizeUpToTheLargestAreReadWhole() throws IOException {
    Bodies bodies = new Bodies(MOST, 8L * MOST);
    for (int size : new int[] {0, 1, (16 << 10) - 1, 16 << 10, (16 << 10) + 1, MOST}) {
      byte[] body = new byte[size];
      if (size > 0) {
        body[size - 1] = 7;
      }
      assertThat(bodies.read(new ByteArrayInputStream(body))).isEqualTo(body);
    }
    assertThatThrownBy(() -> bodies.read(new ByteArrayInputStream(new byte[MOST + 1])))
        .isInstanceOfSatisfying(ApiError.class, e -> assertThat(e.status()).isEqualTo(413));
  }

  @Test
  void aCrowdOfLargeSlowBodiesLeavesRoomForShortOnes() throws Exception {
    Bodies bodies = new Bodies(MOST, 4L * MOST);
    CountDownLatch waits = new CountDownLatch(3);
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
                      whole.addAndGet(bodies.read(slow(MOST, waits, last)).length / MOST);
                    } catch (ApiError e) {
                      refused.addAndGet(e.status() == 503 ? 1 : 0);
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  }));
    }
    while (refused.get() < 36) {
      Thread.onSpinWait();
    }
    assertThat(bodies.read(new ByteArrayInputStream(new byte[100]))).hasSize(100);
    last.countDown();
    for (Thread one : crowd) {
      one.join();
    }
    assertThat(whole.get() + refused.get()).isEqualTo(40);
    assertThat(bodies.read(new ByteArrayInputStream(new byte[MOST]))).hasSize(MOST);
  }
}
