package org.dure.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EventBufferTest {
  private final AtomicBoolean dropped = new AtomicBoolean();
  private final EventBuffer events = new EventBuffer(() -> dropped.set(true));

  @Test
  void whoDoesNotReadHoldsUpNobodyAndIsDroppedAtTheBound() {
    String data = "x".repeat(1_000);
    int taken = 0;
    try {
      while (taken < 1_000) {
        events.add(data);
        taken++;
      }
    } catch (Departure.ClientGone e) {
      assertThat(dropped).isTrue();
    }
    assertThat(taken).isBetween(EventBuffer.MOST / 1_100, EventBuffer.MOST / 1_000);
    assertThatThrownBy(() -> events.add("more")).isInstanceOf(Departure.ClientGone.class);
    assertThatThrownBy(() -> events.sendTo(OutputStream.nullOutputStream()))
        .isInstanceOf(Departure.ClientGone.class);
  }

  @Test
  void eventsGoOutInTheirOrderAndOneMayBeLargerThanTheBound() throws Exception {
    String large = "y".repeat(2 * EventBuffer.MOST);
    events.add(large);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Thread writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  TestServer.await("the large one to be out", () -> out.size() > large.length());
                  events.add("a");
                  events.add("b");
                  events.end();
                });
    assertThat(events.begins()).isTrue();
    events.sendTo(out);
    writer.join();
    assertThat(out.toString()).isEqualTo("data: " + large + "\n\ndata: a\n\ndata: b\n\n");
    assertThat(dropped).isFalse();
  }

  @Test
  void anEndWithoutAnEventIsNone() throws InterruptedException {
    events.end();
    assertThat(events.begins()).isFalse();
    assertThat(events.hasBegun()).isFalse();
  }

  @Test
  void aClientThatHasLeftIsNoticedByWhoWrites() {
    events.add("a");
    assertThatThrownBy(
            () ->
                events.sendTo(
                    new OutputStream() {
                      @Override
                      public void write(int value) throws IOException {
                        throw new IOException("gone");
                      }
                    }))
        .isInstanceOf(Departure.ClientGone.class);
    assertThatThrownBy(() -> events.add("b")).isInstanceOf(Departure.ClientGone.class);
  }
}
