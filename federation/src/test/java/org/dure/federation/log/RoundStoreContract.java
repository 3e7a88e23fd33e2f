package org.dure.federation.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.dure.core.DureException;
import org.junit.jupiter.api.Test;

/// What every [RoundStore] does.
abstract class RoundStoreContract {
  /// A new, empty store.
  abstract RoundStore open();

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static List<String> events(RoundStore store, long from) {
    List<String> events = new ArrayList<>();
    store.read(
        from,
        (number, event) -> events.add(number + " " + new String(event, StandardCharsets.UTF_8)));
    return events;
  }

  @Test
  void eventsComeBackInTheirOrder() {
    try (RoundStore store = open()) {
      assertThat(store.last()).isZero();
      store.append(1, bytes("one"));
      store.append(2, bytes("two"));
      store.append(3, bytes("세"));

      assertThat(store.last()).isEqualTo(3);
      assertThat(events(store, 1)).containsExactly("1 one", "2 two", "3 세");
      assertThat(events(store, 3)).containsExactly("3 세");
      assertThat(events(store, 4)).isEmpty();
    }
  }

  @Test
  void anEventOutOfOrderIsRefusedAndChangesNothing() {
    try (RoundStore store = open()) {
      store.append(1, bytes("one"));

      for (long number : new long[] {0, 1, 3}) {
        assertThatThrownBy(() -> store.append(number, bytes("x")))
            .isInstanceOf(DureException.class);
      }
      assertThat(events(store, 1)).containsExactly("1 one");
    }
  }

  @Test
  void aNoteReplacesTheOneBefore() {
    try (RoundStore store = open()) {
      assertThat(store.noted("counts")).isEmpty();
      store.note("counts", bytes("1"));
      store.note("counts", bytes("2"));
      store.note("other", new byte[0]);

      assertThat(store.noted("counts").orElseThrow()).isEqualTo(bytes("2"));
      assertThat(store.noted("other").orElseThrow()).isEmpty();
    }
  }

  @Test
  void whatTheCallerDoesWithItsBytesLaterChangesNothing() {
    try (RoundStore store = open()) {
      byte[] event = bytes("one");
      store.append(1, event);
      event[0] = 'X';

      assertThat(events(store, 1)).containsExactly("1 one");
    }
  }
}
